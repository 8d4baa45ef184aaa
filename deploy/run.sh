#!/usr/bin/env bash
# Starts and stops Carillon: deploy/run.sh local|docker up|down|reset|status
set -euo pipefail
cd "$(dirname "$0")/.."

how=$1 what=$2
if [ "$how" = docker ]; then
  exec deploy/compose.sh "$what"
fi
exec .venv/bin/python -m deploy.local "$what"
