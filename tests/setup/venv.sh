#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes the Python environment of the tests in the folder given: Debian's packages, and by pip what Debian lacks
# (tests/requirements.txt). `run` calls it; when nothing changed it does nothing.
set -euo pipefail
venv=${1:?usage: venv.sh FOLDER}
wanted=$(dirname "$0")/../requirements.txt

cmp -s "$wanted" "$venv/requirements.txt" && exit 0
echo "set-up: Python modules of the tests into $venv"
/usr/bin/python3 -m venv --clear --system-site-packages "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$wanted" || {
	echo "set-up: pip could not install the modules of tests/requirements.txt" >&2
	exit 1
}
cp "$wanted" "$venv/requirements.txt"
