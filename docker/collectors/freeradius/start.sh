#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs FreeRADIUS for accounting only, with the configuration beside this file; the variables are told in ../README.md.
# Arguments go to FreeRADIUS.
set -eu
umask 077
config=$(cd "$(dirname "$0")" && pwd)
state=${RADIUS_STATE:-/var/lib/freeradius}
mkdir -p "$state"

# One secret for all devices, itself or in a file, or a file of client sections.
if [ -n "${RADIUS_CLIENTS_FILE:-}" ]; then
	cp "$RADIUS_CLIENTS_FILE" "$state/clients.conf"
else
	[ -z "${RADIUS_SECRET_FILE:-}" ] || RADIUS_SECRET=$(cat "$RADIUS_SECRET_FILE")
	: "${RADIUS_SECRET:?start.sh: set RADIUS_SECRET, RADIUS_SECRET_FILE or RADIUS_CLIENTS_FILE}"
	export RADIUS_SECRET
	for address in 0.0.0.0/0 ::/0; do
		printf 'client %s {\n\tipaddr = %s\n\tsecret = "$ENV{RADIUS_SECRET}"\n}\n' "$address" "$address"
	done > "$state/clients.conf"
fi

listen()
{
	printf 'listen {\n\ttype = acct\n\t%s = %s\n\tport = %s\n}\n' "$1" "$2" "${RADIUS_PORT:-1813}"
}

case ${RADIUS_LISTEN:-} in
'')
	listen ipv4addr '*'
	if grep -q . /proc/net/if_inet6 2> /dev/null; then listen ipv6addr ::; fi
	;;
*) listen ipaddr "$RADIUS_LISTEN" ;;
esac > "$state/listen.conf"

if [ -z "${RADIUS_LIBRARIES:-}" ]; then
	for RADIUS_LIBRARIES in /usr/lib/freeradius /usr/lib64/freeradius /usr/local/lib /opt/freeradius/lib; do
		[ ! -e "$RADIUS_LIBRARIES/rlm_python3.so" ] || break
	done
fi
export RADIUS_LIBRARIES RADIUS_CONFIG="$config" RADIUS_STATE="$state"
export PYTHONPATH="$config${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1 TZ=UTC
exec "${FREERADIUS:-freeradius}" -f -d "$config" "$@"
