#!/usr/bin/env bash
# Runs a script with a tool that the project does not need otherwise:
# with.sh TOOL==VERSION SCRIPT [ARGUMENT ...]. The tool comes into an environment of its own, laid
# over .venv (or over PYTHON), and goes with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tool=$1
shift
python=${PYTHON:-.venv/bin/python}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder"
packages='import site; print(site.getsitepackages()[0])'
"$python" -c "$packages" >"$("$folder/bin/python" -c "$packages")/project.pth"
"$folder/bin/pip" install -qq "$tool"
# where nbconvert finds its templates
JUPYTER_PATH=$("$python" -c 'import sys; print(sys.prefix)')/share/jupyter
export JUPYTER_PATH
PYTHONPATH=$PWD "$folder/bin/python" "$@"
