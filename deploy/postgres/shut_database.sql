-- Nobody may connect to the service's database until end_restore.sql: it is away.
\set ON_ERROR_STOP on
\set name carillon_ :service

SELECT format('ALTER DATABASE %I CONNECTION LIMIT 0', datname) FROM pg_database
WHERE datname = :'name' \gexec
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = :'name' \g /dev/null
