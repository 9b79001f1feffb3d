-- What funnel_days is made of is SQL of the statements that ask for it (packages/reports/src/days/of-ledger.ts): through a view
-- with parameters it is analysed twice, which was most of what a small rollup cost.
DROP VIEW IF EXISTS funnel_days_of
