#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs pmacct's nfacctd with the configuration beside this file; the variables are told in ../README.md. Arguments go
# to nfacctd. Ends with SIGTERM or SIGINT.
set -eu
umask 077
config=$(cd "$(dirname "$0")" && pwd)
state=${NETFLOW_STATE:-/var/lib/nfacctd}
brokers=${KAFKA_BOOTSTRAP_SERVERS:-kafka:9092}
mkdir -p "$state"

# "::" takes IPv4 too. Without IPv6 in the kernel it cannot be bound.
listen=${NETFLOW_LISTEN:-}
[ -n "$listen" ] || if grep -q . /proc/net/if_inet6 2> /dev/null; then listen=::; else listen=0.0.0.0; fi

# librdkafka properties, as pmacct wants them. The list of brokers stands here too: pmacct reads a single broker's port
# from elsewhere.
{
	echo "global, bootstrap.servers, $brokers"
	echo "global, compression.codec, lz4"
	[ -z "${KAFKA_PROPERTIES_FILE:-}" ] ||
		sed -n 's/^\([a-z][a-z._]*\)=\(.*\)$/global, \1, \2/p' "$KAFKA_PROPERTIES_FILE"
} > "$state/kafka.csv"

case $brokers in *,*) ;; *) brokers=$brokers,$brokers ;; esac
sed -e "s|@LISTEN@|$listen|" -e "s|@PORT@|${NETFLOW_PORT:-9995}|" -e "s|@BROKERS@|$brokers|" \
	-e "s|@STATE@|$state|" -e "s|@CONFIG@|$config|" -e "s|@REFRESH_SECONDS@|${NETFLOW_REFRESH_SECONDS:-5}|" \
	-e "s|@RECEIVE_BYTES@|${NETFLOW_RECEIVE_BYTES:-8388608}|" \
	-e "s|@CACHE_ENTRIES@|${NETFLOW_CACHE_ENTRIES:-65537}|" "$config/nfacctd.conf" > "$state/nfacctd.conf"

# nfacctd looks at SIGTERM only when the next packet comes, at SIGINT at once; it then writes what it still holds.
"${NFACCTD:-nfacctd}" -f "$state/nfacctd.conf" "$@" &
trap 'kill -INT $!' TERM INT
status=0
wait $! || status=$?
while kill -0 $! 2> /dev/null; do # the first wait ended by the signal
	status=0
	wait $! || status=$?
done
exit $status
