-- The two users of an external ClickHouse server, with the roles and limits that the embedded engine
-- gives them. Run it as an administrator, once, with users.sh, which puts the passwords in and then
-- tries as the analyst what must be refused; or by hand with --multiquery.
--
-- It needs a server that is configured as delivered: access_control_improvements with
-- settings_constraints_replace_previous and select_from_system_db_requires_grant, and no
-- allow_introspection_functions. Not tested by us on a server: a test reads each statement with the
-- embedded engine's parser and compares the limits with the engine's.

CREATE DATABASE IF NOT EXISTS rolescope;

-- The pipeline: everything in its database, nothing beside it but what status and Ctrl-C need.
CREATE ROLE IF NOT EXISTS rolescope_writer;
GRANT SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, CREATE DATABASE, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SHOW, dictGet ON rolescope.* TO rolescope_writer;
GRANT SELECT ON system.parts TO rolescope_writer;
GRANT SELECT ON system.processes TO rolescope_writer;
CREATE USER IF NOT EXISTS rolescope IDENTIFIED WITH sha256_password BY 'WRITER_PASSWORD' DEFAULT DATABASE rolescope;
GRANT rolescope_writer TO rolescope;

-- Analysts: every limit is also a MAX, which a tool may lower and not raise; 0, which is none, is below MIN.
-- A SETTINGS clause inside a subquery escapes readonly and MAX in ClickHouse 26.7 (its issue 116028):
-- what keeps an analyst from writing and from other tables is the grants, which it does not escape.
CREATE SETTINGS PROFILE IF NOT EXISTS rolescope_analyst SETTINGS
    max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY,
    max_rows_to_read = 1000000000 MIN 1 MAX 1000000000 CHANGEABLE_IN_READONLY,
    max_result_rows = 10000000 MIN 1 MAX 10000000 CHANGEABLE_IN_READONLY,
    max_result_bytes = 4294967296 MIN 1 MAX 4294967296 CHANGEABLE_IN_READONLY,
    max_memory_usage = 536870912 MIN 1 MAX 536870912 CHANGEABLE_IN_READONLY,
    max_bytes_before_external_group_by = 134217728 MIN 1 MAX 134217728 CHANGEABLE_IN_READONLY,
    max_bytes_before_external_sort = 134217728 MIN 1 MAX 134217728 CHANGEABLE_IN_READONLY,
    max_bytes_before_external_join = 134217728 MIN 1 MAX 134217728 CHANGEABLE_IN_READONLY,
    max_temporary_data_on_disk_size_for_query = 4294967296 MIN 1 MAX 4294967296 CHANGEABLE_IN_READONLY,
    max_threads = 1 MIN 1 MAX 1 CHANGEABLE_IN_READONLY,
    max_query_size = 1048576 MIN 1 MAX 1048576 CHANGEABLE_IN_READONLY,
    max_parser_depth = 1000 MIN 1 MAX 1000 CHANGEABLE_IN_READONLY,
    max_ast_depth = 1000 MIN 1 MAX 1000 CHANGEABLE_IN_READONLY,
    max_ast_elements = 20000 MIN 1 MAX 20000 CHANGEABLE_IN_READONLY,
    max_expanded_ast_elements = 100000 MIN 1 MAX 100000 CHANGEABLE_IN_READONLY,
    max_recursive_cte_evaluation_depth = 1000 MIN 1 MAX 1000 CHANGEABLE_IN_READONLY,
    max_concurrent_queries_for_user = 4 READONLY,
    max_memory_usage_for_user = 2147483648 READONLY,
    allow_introspection_functions = 0 READONLY,
    allow_ddl = 0 READONLY,
    readonly = 1;

-- The views are run with the rights of who asks, so the tables behind them are granted too.
CREATE ROLE IF NOT EXISTS rolescope_analyst SETTINGS PROFILE 'rolescope_analyst';
GRANT SELECT, dictGet ON rolescope.* TO rolescope_analyst;
CREATE USER IF NOT EXISTS analyst IDENTIFIED WITH sha256_password BY 'ANALYST_PASSWORD' DEFAULT DATABASE rolescope SETTINGS PROFILE 'rolescope_analyst';
GRANT rolescope_analyst TO analyst;

-- An hour of an analyst's: half of it computing, and no more than one statement a second.
CREATE QUOTA IF NOT EXISTS rolescope_analyst KEYED BY user_name FOR INTERVAL 1 hour MAX queries = 3600, execution_time = 1800 TO analyst;

-- Whoever is granted the server's logs one day still sees only what is their own.
CREATE ROW POLICY IF NOT EXISTS rolescope_analyst ON system.processes USING user = currentUser() TO analyst;
CREATE ROW POLICY IF NOT EXISTS rolescope_analyst ON system.query_log USING user = currentUser() TO analyst;
