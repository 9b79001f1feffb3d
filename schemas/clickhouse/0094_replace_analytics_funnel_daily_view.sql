-- For analysts. One row: a stage of a store's funnel on one local day, as the funnel report of that one day says it.
-- Units are distinct within a day; do not add them over days. Bots are left out. Stages are those of the definition
-- in force on the day. Days of which retention has removed
-- something are left out: the reports have them.
CREATE OR REPLACE VIEW {analytics_database:Identifier}.funnel_daily (
  store_id String COMMENT 'The store',
  funnel String COMMENT 'unit/mode/window in ms',
  day Date32 COMMENT 'Local day of the unit''s start',
  stage_number UInt8 COMMENT 'From 1',
  stage String COMMENT 'The stage',
  units UInt64 COMMENT 'Units whose chain reached it',
  units_any UInt64 COMMENT 'Units with an event of it on the day, chain or not'
) AS
SELECT store_id, funnel, day, stage_number, stage,
  countIf(bitTest(hit, stage_number - 1)) AS units,
  countIf(bitTest(any, stage_number - 1)) AS units_any
FROM (
  SELECT j.store_id AS store_id, j.funnel AS funnel, j.day AS day, j.hit AS hit, j.any AS any,
    if(startsWith(j.funnel, 'cart/'), arrayFilter(x -> x NOT IN ('visit', 'product_view'), s.stages), s.stages) AS stages
  FROM journeys AS j
  INNER JOIN (
    SELECT store_id, kept_from, version, stages_of_version AS stages
    FROM store_state FINAL
    ARRAY JOIN versions.version AS version, versions.stages AS stages_of_version
  ) AS s ON j.store_id = s.store_id AND j.definition_version = s.version
  WHERE NOT j.excluded AND j.day >= s.kept_from
)
ARRAY JOIN stages AS stage, arrayEnumerate(stages) AS stage_number
GROUP BY store_id, funnel, day, stage_number, stage
