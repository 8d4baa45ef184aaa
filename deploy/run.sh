#!/usr/bin/env bash
# Starts and stops Carillon: deploy/run.sh local|docker up|down|backup|restore|rebuild|retell|reset|status
set -euo pipefail
cd "$(dirname "$0")/.."

exec .venv/bin/python -m "deploy.$1" "$2"
