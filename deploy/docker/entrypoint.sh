#!/bin/sh
# Exports this container's own secrets, then becomes the service: entrypoint.sh serve | migrate up
set -eu

if [ -r /run/carillon/env ]; then
  set -a
  . /run/carillon/env
  set +a
fi

case ${1:-serve} in
  serve) exec python -m "$CARILLON_MODULE" ;;
  migrate) exec python -m "$CARILLON_MODULE" "$@" ;;
  *) exec "$@" ;;
esac
