-- The same as users.d/analysts.xml, for a server whose users are kept in SQL. Run it as an administrator, after
-- `cartledger migrate`, with a password of your own:
--   clickhouse-client --param_password='...' --queries-file infra/clickhouse/analysts.sql
-- Another analyst: the last six statements with another name and the store's id in the policies.

CREATE SETTINGS PROFILE IF NOT EXISTS analyst SETTINGS
  readonly = 2, allow_ddl = 0,
  max_execution_time = 60 MIN 1 MAX 60,
  max_memory_usage = 2000000000 MIN 1 MAX 2000000000,
  max_threads = 2 MIN 1 MAX 2,
  max_result_rows = 1000000 MIN 1 MAX 1000000,
  max_concurrent_queries_for_user = 4 READONLY,
  cancel_http_readonly_queries_on_client_close = 1 READONLY;

CREATE ROLE IF NOT EXISTS analyst SETTINGS PROFILE 'analyst';

CREATE QUOTA IF NOT EXISTS analyst KEYED BY user_name
  FOR INTERVAL 1 hour MAX queries = 1000, execution_time = 900, read_rows = 20000000000
  TO analyst;

-- The views run with the rights of who asks, so the grants name what the views read as well.
GRANT SELECT, SHOW ON analytics.* TO analyst;
GRANT SELECT ON cartledger.events TO analyst;
GRANT SELECT ON cartledger.ledger_rows TO analyst;
GRANT SELECT ON cartledger.store_state TO analyst;
GRANT SELECT ON cartledger.journeys TO analyst;
GRANT SELECT ON cartledger.carts TO analyst;
GRANT SELECT ON cartledger.carts_now TO analyst;
GRANT SELECT ON cartledger.orders TO analyst;
GRANT SELECT ON cartledger.refunds TO analyst;

-- Whoever has the role and no policy of his own sees nothing; the services, who have not the role, see everything.
CREATE ROW POLICY IF NOT EXISTS analyst_needs_a_store ON cartledger.events, cartledger.ledger_rows, cartledger.store_state
  USING 0 TO analyst;
CREATE ROW POLICY IF NOT EXISTS everything ON cartledger.events, cartledger.ledger_rows, cartledger.store_state
  USING 1 TO ALL EXCEPT analyst;

CREATE USER IF NOT EXISTS demo_analyst IDENTIFIED WITH sha256_password BY {password:String} DEFAULT DATABASE analytics;
GRANT analyst TO demo_analyst;
SET DEFAULT ROLE analyst TO demo_analyst;
CREATE ROW POLICY IF NOT EXISTS demo ON cartledger.events USING store_id = 'demo' TO demo_analyst;
CREATE ROW POLICY IF NOT EXISTS demo ON cartledger.ledger_rows USING store_id = 'demo' TO demo_analyst;
CREATE ROW POLICY IF NOT EXISTS demo ON cartledger.store_state USING store_id = 'demo' TO demo_analyst;
