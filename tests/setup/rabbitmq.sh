#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real RabbitMQ for tests, on its own in everything: node name, folder, cookie, ports, port mapper.
#   rabbitmq.sh FOLDER PORT [LINE...]   makes a node in FOLDER (which must exist) unless there is one, and becomes
#                                       its server on 127.0.0.1:PORT; each LINE is one more of rabbitmq.conf
#   rabbitmq.sh FOLDER ctl ARGS...      runs rabbitmqctl on that node
# User guest, password guest; logs are in FOLDER/logs. Ends with its parent. SIGTERM stops it in good order.
set -e
folder=$1
shift
home=$(ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin 2> /dev/null | sort -V | tail -n 1)
[ -n "$home" ] || {
	echo "rabbitmq.sh: no RabbitMQ; install the package rabbitmq-server" >&2
	exit 2
}
free_port()
{
	/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

if [ "${1:-}" != ctl ] && [ ! -e "$folder/ports" ]; then
	echo "$(free_port) $(free_port)" > "$folder/ports"
fi
read -r ERL_EPMD_PORT RABBITMQ_DIST_PORT < "$folder/ports"
export ERL_EPMD_PORT RABBITMQ_DIST_PORT ERL_EPMD_ADDRESS=127.0.0.1 HOME=$folder
export RABBITMQ_NODENAME=natmill-$RABBITMQ_DIST_PORT@localhost RABBITMQ_CONF_ENV_FILE=$folder/no-environment
export RABBITMQ_MNESIA_BASE=$folder/mnesia RABBITMQ_LOG_BASE=$folder/logs RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf
export RABBITMQ_ENABLED_PLUGINS_FILE=$folder/plugins RABBITMQ_GENERATED_CONFIG_DIR=$folder/config
cd "$folder"
if [ "${1:-}" = ctl ]; then
	shift
	exec "$home/rabbitmqctl" --quiet "$@"
fi

port=$1
shift
printf '%s\n' "listeners.tcp.1 = 127.0.0.1:$port" "disk_free_limit.absolute = 1MB" "log.file.level = warning" "$@" \
	> rabbitmq.conf
: > no-environment
echo '[].' > plugins
setpriv --pdeathsig KILL epmd &
# As under a service manager: the script becomes the server, so that a signal meets the server itself.
export RABBITMQ_ALLOW_INPUT=1 RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-noinput +S 1:1 +sbwt none"
exec setpriv --pdeathsig KILL "$home/rabbitmq-server"
