-- What the lack of a value means, where the comments of a view's columns did not say it.

ALTER TABLE v_postings {{.OnCluster}}
    COMMENT COLUMN title 'Title as advertised; empty when the advert has none, as posts of a thread may',
    COMMENT COLUMN title_normalised 'Title without place, level and decoration, for grouping; empty when nothing is left of it',
    COMMENT COLUMN role_title 'Role the title states, other where it names work of none of the roles; empty when it names no job',
    COMMENT COLUMN role_text 'Role the text describes; empty when it does not decide',
    COMMENT COLUMN role_reason 'What decided the roles; empty when nothing did';

ALTER TABLE v_vacancies {{.OnCluster}}
    COMMENT COLUMN title_normalised 'Title without place, level and decoration; empty when nothing is left of it',
    COMMENT COLUMN role_title 'Role the title states; empty when it names no job',
    COMMENT COLUMN role_text 'Role the text describes; empty when it does not decide';

ALTER TABLE v_posting_skills {{.OnCluster}}
    COMMENT COLUMN section 'Section of the advert, such as requirements; empty outside of any that has a heading',
    COMMENT COLUMN paragraph_hash 'Hash of the paragraph around it: equal paragraphs of an employer are its boilerplate; empty for a mention in the title';

ALTER TABLE v_runs {{.OnCluster}}
    COMMENT COLUMN company 'Employer as configured for the board; empty when the records have their own',
    COMMENT COLUMN note 'What went wrong or is worth knowing; empty when nothing is';
