#!/usr/bin/env bash
# Pins every package with its hashes: one file per service, cli, and dev for all together.
set -euo pipefail

venv=$1
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT

"$venv/bin/python" -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check uv

for extra in api scheduler sender stats simulator cli dev; do
  "$tools/bin/uv" pip compile pyproject.toml --extra "$extra" --universal --python-version 3.11 \
    --generate-hashes --no-header --no-annotate --quiet --output-file "requirements/$extra.txt"
  echo "requirements/$extra.txt"
done

# What the bench compares with lives in an environment of its own.
baseline=tests/bench/baseline/requirements
"$tools/bin/uv" pip compile "$baseline.in" --universal --python-version 3.11 \
  --generate-hashes --no-header --no-annotate --quiet --output-file "$baseline.txt"
echo "$baseline.txt"
