#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gives each folder of a folder its password: make.sh GIVEN FOLDERS. The file GIVEN/NAME is that of FOLDERS/NAME; where
# there is none, one is made once and kept. Run by the service `secrets` of ../compose.yaml.
set -eu
given=$1
for folder in "$2"/*/; do
	name=$(basename "$folder")
	if [ -s "$given/$name" ]; then
		cat "$given/$name" > "$folder/new"
	elif [ -s "$folder/password" ]; then
		continue
	else
		head -c 24 /dev/urandom | base64 | tr -d '\n' > "$folder/new"
	fi
	# Only containers that mount the folder see it; each has another user.
	chmod 444 "$folder/new"
	mv -f "$folder/new" "$folder/password"
done
