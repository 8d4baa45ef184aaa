-- The service may connect to the restored database, and what it had before is dropped.
\set ON_ERROR_STOP on
\set name carillon_ :service
\set replaced carillon_ :service _replaced

ALTER DATABASE :"name" CONNECTION LIMIT -1;
DROP DATABASE IF EXISTS :"replaced" WITH (FORCE);
