#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real PostgreSQL for tests: postgres.sh FOLDER PORT [SETTING=VALUE...]
# Makes a cluster in FOLDER (which must exist) unless there is one, and becomes its server on 127.0.0.1:PORT and on
# a socket in FOLDER; user postgres, no password; its log is FOLDER/server.log. As root it runs as the user
# postgres or nobody, since PostgreSQL refuses root. Ends with its parent. SIGQUIT stops it at once, SIGINT in
# good order.
set -e
folder=$1 port=$2
shift 2
bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v pg_ctl)") || {
	echo "postgres.sh: no PostgreSQL server; install the package postgresql" >&2
	exit 2
}
as=()
if [ "$(id -u)" = 0 ]; then
	user=$(id -un postgres 2> /dev/null || echo nobody)
	group=$(id -gn "$user")
	chown "$user:$group" "$folder"
	as=(setpriv --reuid "$user" --regid "$group" --clear-groups)
fi
cd "$folder"
if [ ! -e data/PG_VERSION ]; then
	"${as[@]}" "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync > initdb.log 2>&1 || {
		tail -n 5 initdb.log >&2
		exit 2
	}
fi
settings=(-c listen_addresses=127.0.0.1 -c "port=$port" -c "unix_socket_directories=$folder"
	-c log_min_messages=warning -c max_connections=50 -c shared_buffers=64MB)
for setting in "$@"; do settings+=(-c "$setting"); done
exec "${as[@]}" setpriv --pdeathsig QUIT "$bin/postgres" -D "$folder/data" "${settings[@]}" >> "$folder/server.log" 2>&1
