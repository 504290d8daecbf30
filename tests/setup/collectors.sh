#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The collectors of the system tests, from Debian's packages: collectors.sh FOLDER
# They are unpacked into FOLDER/root, not installed: syslog-ng's package would put the machine's own syslog daemon out,
# and the packages start services. So nothing runs but what a test starts, and no root is needed. FOLDER/bin gets one
# program each that finds its libraries there. What cannot be had is left out, and its tests are skipped; `run` calls
# this; when all is there it does nothing.
set -euo pipefail
folder=${1:?usage: collectors.sh FOLDER}
packages="syslog-ng-core syslog-ng-mod-rdkafka pmacct freeradius freeradius-python3"
programs="syslog-ng nfacctd freeradius"

[ -z "${RUN_NO_APT:-}" ] || exit 0
if [ -e "$folder/done" ] && [ "$(cat "$folder/done")" = "$packages" ]; then
	exit 0
fi
command -v apt-get > /dev/null || exit 0

rm -rf "$folder"
mkdir -p "$folder/archives/partial" "$folder/root" "$folder/bin"
folder=$(cd "$folder" && pwd)
log=$folder/setup.log

download()
{
	# With every library that is not installed. Conflicts do not matter, nothing is installed.
	apt-get -q -y --no-install-recommends --download-only -o Debug::NoLocking=1 -o Acquire::Retries=3 \
		-o Dir::Cache::archives="$folder/archives" install $packages >> "$log" 2>&1
}

echo "set-up: collectors (syslog-ng, pmacct, FreeRADIUS) into $folder"
if ! download; then
	root=""
	[ "$(id -u)" = 0 ] || root="sudo -n"
	if ! { $root apt-get -q update >> "$log" 2>&1 && download; }; then
		echo "set-up: apt-get could not fetch them, see $log; their tests will be skipped" >&2
		exit 0
	fi
fi
for archive in "$folder"/archives/*.deb; do
	[ ! -e "$archive" ] || dpkg-deb --extract "$archive" "$folder/root"
done
rm -rf "$folder/archives"

root=$folder/root
libraries=$(find "$root" -name 'lib*.so*' ! -path '*/syslog-ng/[0-9]*' -printf '%h\n' | sort -u | paste -sd:)
for program in $programs; do
	path=$root/usr/sbin/$program
	options=""
	variables="LD_LIBRARY_PATH=$libraries"
	case $program in
	syslog-ng) options="--module-path=$(echo "$root"/usr/lib/syslog-ng/[0-9]*)" ;;
	freeradius) options="-D $root/usr/share/freeradius"
		variables="$variables RADIUS_LIBRARIES=$root/usr/lib/freeradius" ;;
	esac
	if [ -x "$path" ]; then
		printf '#!/bin/sh\nexec env %s %s %s "$@"\n' "$variables" "$path" "$options" > "$folder/bin/$program"
	elif path=$(PATH=$PATH:/usr/sbin command -v "$program"); then # the machine has it
		printf '#!/bin/sh\nexec %s "$@"\n' "$path" > "$folder/bin/$program"
	else
		continue
	fi
	chmod +x "$folder/bin/$program"
done
echo "$packages" > "$folder/done"
