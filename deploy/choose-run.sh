#!/usr/bin/env bash
# Prints how Carillon runs here: `docker` or `local`. CARILLON_RUN forces one.
set -euo pipefail

case ${CARILLON_RUN:-} in
  local | docker) echo "$CARILLON_RUN" ;;
  '')
    if docker compose version >/dev/null 2>&1 && timeout 10 docker info >/dev/null 2>&1; then
      echo docker
    else
      echo local
    fi
    ;;
  *)
    echo "CARILLON_RUN is local or docker, not '$CARILLON_RUN'." >&2
    exit 2
    ;;
esac
