/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts, stops and asks InfluxDB; see influxdb_server.h.
 */
#include "tests/contract/influxdb_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "tests/contract/server_process.h"

#define SERIES_MAX 2000 /* of a database: small, so that a test can fill one */

static struct server_process server;
static int port;
static char url[64];
static char config[96];

static void write_config(void)
{
	snprintf(config, sizeof config, "%s/influxdb.conf", server.folder);
	FILE *file = fopen(config, "we");
	if (file == NULL)
		exit(2);
	fprintf(file,
		"reporting-disabled = true\nbind-address = \"127.0.0.1:%d\"\n"
		"[meta]\ndir = \"%s/meta\"\n"
		"[data]\ndir = \"%s/data\"\nwal-dir = \"%s/wal\"\nmax-series-per-database = %d\n"
		"[http]\nbind-address = \"127.0.0.1:%d\"\nlog-enabled = false\nmax-body-size = 100000\n"
		"[monitor]\nstore-enabled = false\n[logging]\nlevel = \"error\"\n",
		server_free_port(), server.folder, server.folder, server.folder, SERIES_MAX, port);
	fclose(file);
}

static bool ready(void *ctx)
{
	char command[128];
	(void)ctx;
	snprintf(command, sizeof command, "curl -s -o /dev/null %s/ping", url);
	return system(command) == 0;
}

void influxdb_server_start(void)
{
	const char *argv[] = {"influxd", "run", "-config", config, NULL};
	process_start(&server, argv, NULL);
	server_await(&server, ready, NULL);
}

void influxdb_server_stop(void)
{
	process_stop(&server, SIGKILL);
}

static void stop_at_exit(void)
{
	server_remove(&server);
}

const char *influxdb_server_url(void)
{
	if (port != 0)
		return url;
	server_folder(&server, "influxdb");
	port = server_free_port();
	snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
	write_config();
	atexit(stop_at_exit);
	influxdb_server_start();
	return url;
}

void influxdb_server_freeze(void)
{
	influxdb_server_url();
	server_freeze(server.pid);
}

void influxdb_server_thaw(void)
{
	server_thaw(server.pid);
}

void influxdb_ask(const char *database, const char *statement, struct strbuf *out)
{
	char command[1024];
	size_t before = out->len;
	int n = snprintf(command, sizeof command,
			 "curl -sS --max-time 20 -H 'Accept: application/csv' '%s/query?epoch=ns&db=%s' "
			 "--data-urlencode 'q=%s'",
			 influxdb_server_url(), database != NULL ? database : "", statement);
	FILE *pipe = n > 0 && (size_t)n < sizeof command ? popen(command, "re") : NULL;
	if (pipe == NULL)
		exit(2);
	for (size_t got = 1; got > 0; out->len += got)
		got = fread(strbuf_reserve(out, 65536), 1, 65536, pipe);
	strbuf_adds(out, "");
	if (pclose(pipe) != 0 || strncmp(out->data + before, "error", 5) == 0) {
		fprintf(stderr, "%s: %s\n", statement, out->data + before);
		exit(2);
	}
}

long long influxdb_number(const char *database, const char *statement)
{
	struct strbuf out = {0};
	influxdb_ask(database, statement, &out);
	while (out.len > 0 && out.data[out.len - 1] == '\n')
		out.data[--out.len] = '\0';
	const char *last = out.len > 0 ? strrchr(out.data, ',') : NULL;
	long long number = last != NULL ? strtoll(last + 1, NULL, 10) : -1;
	strbuf_free(&out);
	return number;
}
