#!/usr/bin/env bash
# `make test` under every Python that the project supports: pythons.sh [PYTHON ...], by default
# those of 3.11, 3.12 and 3.13 on the PATH. Each in a clone of what is committed, with its own
# environment, in which nothing may stand that requirements.txt does not pin. What each counts is
# left for the table of tests/README.md. PYTEST_ADDOPTS="-k ..." makes it shorter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
pythons=("$@")
((${#pythons[@]})) || for version in 3.11 3.12 3.13; do
    if command -v "python$version" >/dev/null; then
        pythons+=("python$version")
    else
        echo "there is no python$version on the PATH" >&2
    fi
done
UNPINNED='import re, sys; from importlib.metadata import distributions
plain = lambda name: re.sub("[-_.]+", "-", name).lower()
pins = {plain(line.partition("==")[0]) for line in open(sys.argv[1]) if "==" in line}
ours = {"pip", "setuptools", "ai-video-unit-economics"}
loose = {plain(d.name) for d in distributions()} - pins - ours
sys.exit(f"not pinned: {loose}" if loose else 0)'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=()
said=()
for python in "${pythons[@]}"; do
    version=$("$python" -V)
    echo "== $version"
    git clone -q . "$folder/project"
    if make -C "$folder/project" test PYTHON="$(command -v "$python")" | tee "$folder/log" &&
        "$folder/project/.venv/bin/python" -c "$UNPINNED" "$folder/project/requirements.txt"; then
        echo "== $version passes"
    else
        failed+=("$version")
    fi
    counts=$(grep -oE '[0-9]+ (passed|failed)' "$folder/log" | xargs || true)
    said+=("${version#Python }: ${counts:-no tests}")
    rm -rf "$folder/project"
done
mkdir -p .nightly
(IFS=";" && echo "${said[*]}" | sed 's/;/; /g' >.nightly/pythons.txt)
((${#failed[@]} == 0 && ${#pythons[@]})) || {
    echo "failed under: ${failed[*]:-there was no Python to try}" >&2
    exit 1
}
