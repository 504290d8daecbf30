#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs pmacct's nfacctd, and syslog-ng to bring its records to Kafka, with the configuration beside this file; the
# variables are told in ../README.md. Arguments go to nfacctd. Ends with SIGTERM or SIGINT, when Kafka has what was
# received, or when one of the two ends.
set -eu
umask 077
config=$(cd "$(dirname "$0")" && pwd)
state=${NETFLOW_STATE:-/var/lib/nfacctd}
mkdir -p "$state"

# "::" takes IPv4 too. Without IPv6 in the kernel it cannot be bound.
listen=${NETFLOW_LISTEN:-}
[ -n "$listen" ] || if grep -q . /proc/net/if_inet6 2> /dev/null; then listen=::; else listen=0.0.0.0; fi

# librdkafka properties, key=value, as syslog-ng's driver wants them.
: > "$state/properties.conf"
if [ -n "${KAFKA_PROPERTIES_FILE:-}" ]; then
	{
		echo "config("
		sed -n 's/^\([a-z][a-z._]*\)=\(.*\)$/    "\1" => '"'\2'"'/p' "$KAFKA_PROPERTIES_FILE"
		echo ")"
	} > "$state/properties.conf"
fi

sed -e "s|@LISTEN@|$listen|" -e "s|@PORT@|${NETFLOW_PORT:-9995}|" -e "s|@STATE@|$state|" -e "s|@CONFIG@|$config|" \
	-e "s|@REFRESH_SECONDS@|${NETFLOW_REFRESH_SECONDS:-2}|" \
	-e "s|@RECEIVE_BYTES@|${NETFLOW_RECEIVE_BYTES:-8388608}|" \
	-e "s|@CACHE_ENTRIES@|${NETFLOW_CACHE_ENTRIES:-65537}|" "$config/nfacctd.conf" > "$state/nfacctd.conf"

export NETFLOW_STATE="$state"
export KAFKA_BOOTSTRAP_SERVERS="${KAFKA_BOOTSTRAP_SERVERS:-kafka:9092}"
export KAFKA_LINGER_MS="${KAFKA_LINGER_MS:-20}"
export NETFLOW_BUFFER_BYTES="${NETFLOW_BUFFER_BYTES:-1073741824}"

rm -f "$state/records" "$state/failed"
mkfifo "$state/records"
"${NFACCTD:-nfacctd}" -f "$state/nfacctd.conf" "$@" > "$state/records" &
nfacctd=$!
{
	"${SYSLOG_NG:-syslog-ng}" --foreground --no-caps --cfgfile="$config/kafka.conf" \
		--persist-file="$state/syslog-ng.persist" --control="$state/syslog-ng.ctl" \
		--pidfile="$state/syslog-ng.pid" < "$state/records" || : > "$state/failed"
	# Without it nothing would take the records. Again, for nfacctd hears no signal while it starts.
	while kill -INT $nfacctd 2> /dev/null; do sleep 1; done
} &
kafka=$!

# nfacctd looks at SIGTERM only when the next packet comes, at SIGINT at once; it then writes what it still holds. Its
# end is the end of syslog-ng's input. A signal ends a wait, so each is begun anew.
trap 'kill -INT $nfacctd 2> /dev/null || :' TERM INT
status=0
while kill -0 $nfacctd 2> /dev/null; do
	status=0
	wait $nfacctd || status=$?
done
while kill -0 $kafka 2> /dev/null; do
	wait $kafka || :
done
[ ! -e "$state/failed" ] || status=1
exit $status
