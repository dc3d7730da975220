-- What a fresh reader had to ask: which returns spells counts, and which months of the rollups are not over. The
-- views are as before.

ALTER TABLE v_postings {{.OnCluster}} COMMENT COLUMN spells 'How many times it was open. A return within 21 days goes on with the spell and is not counted: v_runs.reopened counts those';
ALTER TABLE v_vacancy_months {{.OnCluster}} COMMENT COLUMN month 'First day of the month (UTC). The one in which the data end (max(observed_at) of v_runs) is partial';
ALTER TABLE v_role_skill_month {{.OnCluster}} COMMENT COLUMN month 'First day of the month (UTC). The one in which the data end (max(observed_at) of v_runs) is partial';
ALTER TABLE v_role_similarity {{.OnCluster}} COMMENT COLUMN month 'First day of the month (UTC). The one in which the data end (max(observed_at) of v_runs) is partial: its figures change until it is over';
ALTER TABLE v_similarity_revisions {{.OnCluster}} COMMENT COLUMN month 'First day of the month (UTC). The one in which the data end (max(observed_at) of v_runs) is partial: its figures change until it is over';
ALTER TABLE v_rollups {{.OnCluster}} COMMENT COLUMN month 'First day of the month (UTC). The one in which the data end (max(observed_at) of v_runs) is partial: its rows are of the part until then';
