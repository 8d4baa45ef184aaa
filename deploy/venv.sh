#!/usr/bin/env bash
# Makes a virtual environment with exactly the pinned packages: deploy/venv.sh FOLDER REQUIREMENTS
set -euo pipefail

folder=$1 requirements=$2

find_python() {
  local candidate
  for candidate in "${PYTHON_FOR_VENV:-}" python3.13 python3.12 python3.11 python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo --non-interactive "$@"; fi
}

install_python() {
  if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
    echo "Please install Python 3.11 or newer with its venv module first." >&2
    exit 1
  fi
  echo "Installing python3-venv through apt."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes python3 python3-venv
}

# Debian's python3 has venv, but not ensurepip, until python3-venv is installed.
if ! python=$(find_python) || ! "$python" -c 'import ensurepip' 2>/dev/null; then
  install_python
  python=$(find_python) || {
    echo "This system's Python is too old: Python 3.11 or newer is needed." >&2
    exit 1
  }
fi

[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
# The pins are whole, so nothing is to be resolved; and what is never imported need not be compiled.
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
  --require-hashes --requirement "$requirements"
