#!/bin/bash
# One database and role per service; runs against the started server, any number of times.
set -euo pipefail

set -a
. /run/carillon/env
set +a

for service in api scheduler sender stats; do
  password=${service^^}_DATABASE_PASSWORD
  SERVICE_PASSWORD=${!password} psql --quiet --no-psqlrc --host postgres --username postgres \
    --set service="$service" --file /service_database.sql
done
