#!/usr/bin/env bash
# Starts what does not run yet, then the demo: deploy/demo.sh local|docker
set -euo pipefail
cd "$(dirname "$0")/.."

# Retries soon enough to be watched, and never a real provider.
export SENDER_RETRY_TIERS=${SENDER_RETRY_TIERS:-1,2,4,8,15}
export SENDER_CALL_TIMEOUT=${SENDER_CALL_TIMEOUT:-3}
export SENDER_PROVIDER_URL=

deploy/run.sh "$1" up
set -a
# shellcheck disable=SC1091 # written by the start
. "${CARILLON_DATA:-.carillon}/addresses.env"
set +a
if [ -z "$CARILLON_SIMULATOR_URL" ]; then
  echo "Carillon runs with a real provider. The demo needs the simulator: make down demo" >&2
  exit 1
fi

echo
.venv/bin/python -m deploy.demo --api "$CARILLON_API_URL" --simulator "$CARILLON_SIMULATOR_URL"
echo "Carillon still runs at $CARILLON_API_URL; make down stops it."
echo "By hand: .venv/bin/python -m carillon.cli --help (README.md, From the command line)."
