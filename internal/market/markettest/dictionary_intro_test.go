package markettest_test

// dictionaryIntro is what somebody has to know before the columns.
const dictionaryIntro = "# Data dictionary\n" + `
The views that queries may rely on, with every column. Columns are added, never renamed; tables without ` + "`v_`" + ` may change.
Meanings come from the comments in the database, which ` + "`DESCRIBE v_postings`" + ` shows too; examples are rows of a simulated
market, one posting throughout. Generated: do not edit. Worked questions are in the [query book](../queries/README.md).

## Before you count

- **Posting, vacancy.** A posting is one advert at one board. The same job advertised in six cities is six postings and one
  vacancy. Demand is counted in vacancies: ` + "`uniqExact(vacancy_id)`" + `, or rows of v_vacancies.
- **Stock, flow.** What was open in a month is a stock (v_spells: ` + "`opened_at`" + ` to ` + "`active_until`" + `); what began in it is a flow
  (` + "`first_seen`" + `). Flows add up over months, stocks do not.
- **Censored.** What a board listed when it was first seen whole had been open before (` + "`opened_censored`" + `): it is in every
  stock, in no flow (` + "`WHERE NOT opened_censored`" + `) and in no duration. What is open now has no end yet: ` + "`closed_at`" + ` is NULL.
- **Closed.** Only a look that saw the whole board (` + "`v_runs.whole`" + `) closes a posting. Gone for up to 21 days and back is one
  spell; longer is two.
- **Role.** ` + "`role_title`" + ` is what the title says, ` + "`role_text`" + ` what the text describes. Adverts for several roles have them in
  ` + "`roles`" + `: leave them out of questions about one role (` + "`WHERE empty(roles)`" + `). Unknown is the empty string, other is a role.
- **Shares, not numbers**, where coverage changes: a board that joins adds vacancies, not demand.
- **Versions.** Every view shows what one tagger version read: the active one. Answers never mix two.
- **Time** is UTC. ` + "`first_seen`" + ` is ours, ` + "`posted_claim`" + ` the source's.
- **Types.** ` + "`skills`" + `, ` + "`countries`" + ` and the like are arrays: ` + "`has(skills, 'pytorch')`" + `, or one row each by ` + "`ARRAY JOIN skills AS skill`" + `.
  ` + "`LowCardinality(String)`" + ` is a string. Salaries are Decimal and never converted: group by currency and period.
`
