-- An empty database beside the service's own, for a backup to be loaded into; by the superuser.
--   psql --set service=api --file begin_restore.sql
\set ON_ERROR_STOP on
\set name carillon_ :service
\set restored carillon_ :service _restored

DROP DATABASE IF EXISTS :"restored" WITH (FORCE);
CREATE DATABASE :"restored" OWNER :"name";
REVOKE ALL ON DATABASE :"restored" FROM PUBLIC;
