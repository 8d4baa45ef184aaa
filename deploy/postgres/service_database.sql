-- One service's database and role; run once per service by the superuser, any number of times.
--   psql --set service=api --file service_database.sql
-- The password comes from the environment (SERVICE_PASSWORD): a command line can be seen.
\set ON_ERROR_STOP on
\getenv password SERVICE_PASSWORD
\set name carillon_ :service

SELECT format('CREATE ROLE %I LOGIN', :'name')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'password';

SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec

-- Nobody but its owner may even connect to it, nor its owner to anything else.
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
