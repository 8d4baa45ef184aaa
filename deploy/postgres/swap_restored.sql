-- The restored database takes the place of the service's own, which is kept as ..._replaced.
-- Nobody may connect from here until end_restore.sql: services find a database that is away.
\set ON_ERROR_STOP on
\set name carillon_ :service
\set restored carillon_ :service _restored
\set replaced carillon_ :service _replaced

DROP DATABASE IF EXISTS :"replaced" WITH (FORCE);
SELECT format('ALTER DATABASE %I CONNECTION LIMIT 0', datname) FROM pg_database
WHERE datname IN (:'name', :'restored') \gexec
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname IN (:'name', :'restored') \g /dev/null
BEGIN;
SELECT format('ALTER DATABASE %I RENAME TO %I', datname, :'replaced') FROM pg_database
WHERE datname = :'name' \gexec
ALTER DATABASE :"restored" RENAME TO :"name";
COMMIT;
