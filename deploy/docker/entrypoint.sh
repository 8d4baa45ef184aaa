#!/bin/sh
# Exports this container's own secrets, then becomes the service: entrypoint.sh serve | migrate up
set -eu

if [ -r /run/carillon/env ]; then
  set -a
  . /run/carillon/env
  set +a
fi

# A step on a database that was restored beside the service's own (deploy/backups.py).
if [ -n "${DATABASE_SUFFIX:-}" ]; then
  for name in API SCHEDULER SENDER STATS; do
    eval "url=\${${name}_DATABASE_URL:-}"
    [ -z "$url" ] || export "${name}_DATABASE_URL=$url$DATABASE_SUFFIX"
  done
fi

case ${1:-serve} in
  serve) exec python -m "$CARILLON_MODULE" ;;
  migrate) exec python -m "$CARILLON_MODULE" "$@" ;;
  *) exec "$@" ;;
esac
