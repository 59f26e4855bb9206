#!/usr/bin/env bash
# `make test` under every Python that the project supports: pythons.sh [PYTHON ...], by default those of 3.11, 3.12 and 3.13 on the PATH.
# Each in a clone of what is committed with an environment of its own, in which nothing may stand that requirements.txt does not pin.
# PYTEST_ADDOPTS="-k ..." makes it shorter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
pythons=("$@")
((${#pythons[@]})) || for version in 3.11 3.12 3.13; do
    command -v "python$version" >/dev/null && pythons+=("python$version") || echo "there is no python$version on the PATH" >&2
done
UNPINNED='import re, sys; from importlib.metadata import distributions
plain = lambda name: re.sub("[-_.]+", "-", name).lower()
pins = {plain(line.partition("==")[0]) for line in open(sys.argv[1]) if "==" in line}
loose = {plain(d.name) for d in distributions()} - pins - {"pip", "setuptools", "ai-video-unit-economics"}
sys.exit(f"not pinned: {loose}" if loose else 0)'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=()
for python in "${pythons[@]}"; do
    version=$("$python" -V)
    echo "== $version"
    git clone -q . "$folder/project"
    if make -C "$folder/project" test PYTHON="$(command -v "$python")" &&
        "$folder/project/.venv/bin/python" -c "$UNPINNED" "$folder/project/requirements.txt"; then
        echo "== $version passes"
    else
        failed+=("$version")
    fi
    rm -rf "$folder/project"
done
((${#failed[@]} == 0 && ${#pythons[@]})) || { echo "failed under: ${failed[*]:-there was no Python to try}" >&2; exit 1; }
