/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `influxdb`; see driver_influxdb.h. Points are read as CSV, by names of columns that
 * stand here and not in natmill's table of fields.
 */
#include "tests/contract/driver_influxdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/influxdb_server.h"

#define COLUMNS_MAX 40
#define NS_PER_S 1000000000

extern const struct output_type influxdb_output;

/* The members in the order of the JSON form; those with quotes are texts. */
static const struct {
	const char *name;
	bool text;
} members[] = {
	{"host", true},      {"event", false},     {"vrf_id", true},      {"protocol", false},
	{"src_ip", true},    {"src_port", false},  {"x_ip", true},        {"x_port", false},
	{"dst_ip", true},    {"dst_port", false},  {"start_port", false}, {"end_port", false},
	{"host_name", true}, {"subscriber", true},
};

const char *influxdb_database(const struct fixture *f)
{
	return f->own;
}

static void set(struct fixture *f, const char *name, const char *value)
{
	struct err e;
	if (option_set(option_find(f->type->options, name), &f->options, value, &e) != 0)
		fail_msg("%s %s", name, e.msg);
}

static void set_up(struct fixture *f)
{
	static unsigned count;
	char name[32];
	snprintf(name, sizeof name, "case_%u", count++);
	f->own = xstrdup(name);
	set(f, "url", influxdb_server_url());
	set(f, "database", name);
	set(f, "create_database", "true");
	set(f, "request_events", "300");
}

static void tear_down(struct fixture *f)
{
	char statement[64];
	struct strbuf out = {0};
	snprintf(statement, sizeof statement, "DROP DATABASE \"%s\"", influxdb_database(f));
	influxdb_ask(NULL, statement, &out);
	strbuf_free(&out);
	free(f->own);
}

/* Reads one record of CSV from *at: cells of it, cut in place. Returns how many, 0 at the end. */
static size_t read_record(char **at, char *cells[COLUMNS_MAX])
{
	size_t n = 0;
	char *from = *at;
	if (*from == '\0')
		return 0;
	for (bool more = true; more; n++) {
		bool quoted = *from == '"';
		char *to = from + quoted;
		assert_true(n < COLUMNS_MAX);
		cells[n] = to;
		for (from = to; *from != '\0' && (quoted || (*from != ',' && *from != '\n')); *to++ = *from++)
			if (quoted && from[0] == '"' && *++from != '"') {
				quoted = false;
				break;
			}
		more = *from == ',';
		from += *from != '\0';
		*to = '\0';
	}
	*at = from;
	return n;
}

static const char *cell_of(char *names[], char *cells[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return cells[i];
	return "";
}

static void add_event(char *names[], char *cells[], size_t n, struct strbuf *out)
{
	char stamp[32];
	char type[32];
	long long ns = strtoll(cell_of(names, cells, n, "time"), NULL, 10);
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm tm;
	snprintf(type, sizeof type, "%s", cells[0]);
	for (char *c = type; *c != '\0'; c++)
		*c = *c == '_' ? '-' : *c;
	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_printf(out, "{\"type\":\"%s\",\"timestamp\":\"%s", type, stamp);
	if (ns % NS_PER_S / 1000 != 0)
		strbuf_printf(out, ".%06lld", ns % NS_PER_S / 1000);
	strbuf_adds(out, "Z\"");
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const char *value = cell_of(names, cells, n, members[i].name);
		if (*value == '\0')
			continue;
		strbuf_printf(out, ",\"%s\":", members[i].name);
		if (members[i].text)
			strbuf_add_json(out, value, strlen(value));
		else
			strbuf_adds(out, value);
	}
	strbuf_adds(out, "}\n");
}

void influxdb_events(const char *database, struct strbuf *out)
{
	static const char *const measurements[] = {"session_mapping", "port_mapping", "port_block_mapping",
						   "address_mapping"};
	for (size_t i = 0; i < 4; i++) {
		struct strbuf csv = {0};
		char statement[64];
		char *names[COLUMNS_MAX];
		char *cells[COLUMNS_MAX];
		snprintf(statement, sizeof statement, "SELECT * FROM %s", measurements[i]);
		influxdb_ask(database, statement, &csv);
		char *at = csv.data;
		size_t n = read_record(&at, names);
		for (size_t k; (k = read_record(&at, cells)) > 0;) {
			assert_int_equal(k, n);
			add_event(names, cells, n, out);
		}
		strbuf_free(&csv);
	}
}

static void read_events(struct fixture *f, struct strbuf *out)
{
	influxdb_events(influxdb_database(f), out);
}

static void block(struct fixture *f)
{
	(void)f;
	influxdb_server_freeze();
}

static void unblock(struct fixture *f)
{
	(void)f;
	influxdb_server_thaw();
}

const struct driver influxdb_driver = {
	.type = &influxdb_output,
	.shared = true,
	.set_up = set_up,
	.tear_down = tear_down,
	.read = read_events,
	.block = block,
	.unblock = unblock,
};
