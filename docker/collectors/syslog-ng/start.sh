#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs syslog-ng with the configuration beside this file; the variables are told in ../README.md. Arguments go to
# syslog-ng. Ends with SIGTERM, when Kafka has what was received.
set -eu
umask 077
config=$(cd "$(dirname "$0")" && pwd)
state=${SYSLOG_STATE:-/var/lib/syslog-ng}
mkdir -p "$state"

# "::" takes IPv4 too. Without IPv6 in the kernel it cannot be bound.
listen=${SYSLOG_LISTEN:-}
[ -n "$listen" ] || if grep -q . /proc/net/if_inet6 2> /dev/null; then listen=::; else listen=0.0.0.0; fi
case $listen in *:*) family=6 ;; *) family=4 ;; esac

source_of() # PORT DRIVER TRANSPORT
{
	echo "    $2(ip(\"$listen\") ip-protocol($family) port($1) transport(\"$3\") flags(no-parse)"
	case $3 in
	udp) echo "        so-rcvbuf(${SYSLOG_RECEIVE_BYTES:-8388608})" ;;
	tcp) echo "        max-connections(1000) log-iw-size(1000000) so-keepalive(yes)" ;;
	esac
	echo "    );"
}

{
	echo "source s_devices {"
	for port in ${SYSLOG_PORTS:-514 1514}; do
		source_of "$port" network udp
		source_of "$port" network tcp
	done
	for port in ${SYSLOG_FRAMED_PORTS:-601}; do
		source_of "$port" syslog tcp
	done
	for pair in ${SYSLOG_VENDOR_PORTS:-}; do
		echo "    channel { source {"
		source_of "${pair%%=*}" network udp
		source_of "${pair%%=*}" network tcp
		echo "    }; rewrite { set(\"${pair#*=}\" value(\".cgn.vendor\")); }; };"
	done
	echo "};"
} > "$state/sources.conf"

# librdkafka properties, key=value, as this driver wants them.
: > "$state/kafka.conf"
if [ -n "${KAFKA_PROPERTIES_FILE:-}" ]; then
	{
		echo "config("
		sed -n 's/^\([a-z][a-z._]*\)=\(.*\)$/    "\1" => '"'\2'"'/p' "$KAFKA_PROPERTIES_FILE"
		echo ")"
	} > "$state/kafka.conf"
fi

export SYSLOG_CONFIG="$config" SYSLOG_STATE="$state"
export KAFKA_BOOTSTRAP_SERVERS="${KAFKA_BOOTSTRAP_SERVERS:-kafka:9092}"
export KAFKA_LINGER_MS="${KAFKA_LINGER_MS:-20}"
export SYSLOG_BUFFER_BYTES="${SYSLOG_BUFFER_BYTES:-1073741824}"
exec "${SYSLOG_NG:-syslog-ng}" --foreground --no-caps --cfgfile="$config/syslog-ng.conf" \
	--persist-file="$state/syslog-ng.persist" --control="$state/syslog-ng.ctl" --pidfile="$state/syslog-ng.pid" "$@"
