/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers of the dead-letter stores; see driver_dead.h.
 */
#include "tests/contract/driver_dead.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/strbuf.h"

extern const struct output_type dead_file_output;
extern const struct output_type dead_kafka_output;

static void set_option(struct fixture *f, const char *name, const char *value)
{
	struct err e;
	assert_int_equal(option_set(option_find(f->type->options, name), &f->options, value, &e), 0);
}

static void file_set_up(struct fixture *f)
{
	set_option(f, "path", f->path);
}

static void file_read_dead(struct fixture *f, struct strbuf *out)
{
	static const char sql[] =
		"SELECT (?1 ->> 'offset') || ' ' || (?1 ->> 'record') || ' ' || (?1 ->> 'index') || ' ' ||"
		" coalesce(?1 ->> 'output', '') || ' ' || coalesce(?1 ->> 'reason', '') || ' ' ||"
		" (?1 ->> 'value')";
	char line[8192];
	sqlite3 *db;
	sqlite3_stmt *stmt;
	FILE *file = fopen(f->path, "r");
	assert_non_null(file);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (fgets(line, sizeof line, file) != NULL) {
		sqlite3_bind_text(stmt, 1, line, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) != SQLITE_ROW)
			fail_msg("%s: %s", sqlite3_errmsg(db), line);
		strbuf_printf(out, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	fclose(file);
}

static int holder; /* of the file's lock */

static void file_block(struct fixture *f)
{
	holder = open(f->path, O_RDONLY | O_CLOEXEC);
	assert_true(holder >= 0);
	assert_int_equal(flock(holder, LOCK_EX), 0);
}

static void file_unblock(struct fixture *f)
{
	(void)f;
	close(holder);
}

static void kafka_set_up(struct fixture *f)
{
	struct mock *mock = xcalloc(1, sizeof *mock);
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	mock->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	assert_non_null(mock->rk);
	mock->cluster = rd_kafka_mock_cluster_new(mock->rk, 1);
	assert_non_null(mock->cluster);
	rd_kafka_mock_topic_create(mock->cluster, "cgnat.dead", 1, 1);
	set_option(f, "brokers", rd_kafka_mock_cluster_bootstraps(mock->cluster));
	f->own = mock;
}

static void kafka_tear_down(struct fixture *f)
{
	struct mock *mock = f->own;
	rd_kafka_mock_cluster_destroy(mock->cluster);
	rd_kafka_destroy(mock->rk);
	free(mock);
}

static rd_kafka_t *new_consumer(const struct mock *mock)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *const settings[][2] = {
		{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock->cluster)},
		{"group.id", "reader"},
		{"enable.partition.eof", "true"},
		{"fetch.message.max.bytes", "10000000"},
	};
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		rd_kafka_conf_set(conf, settings[i][0], settings[i][1], NULL, 0);
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	assert_non_null(rk);
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(parts, "cgnat.dead", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
	assert_int_equal(rd_kafka_assign(rk, parts), 0);
	rd_kafka_topic_partition_list_destroy(parts);
	rd_kafka_poll_set_consumer(rk);
	return rk;
}

void mock_read(const struct mock *mock, void (*see)(rd_kafka_message_t *m, void *arg), void *arg)
{
	rd_kafka_t *rk = new_consumer(mock);
	for (bool end = false; !end;) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 10000);
		assert_non_null(m);
		end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
		if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			see(m, arg);
		rd_kafka_message_destroy(m);
	}
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
}

static void see_letter(rd_kafka_message_t *m, void *arg)
{
	static const char *const names[] = {"natmill.offset", "natmill.record", "natmill.index",
					    "natmill.output", "natmill.reason"};
	struct strbuf *out = arg;
	rd_kafka_headers_t *headers = NULL;
	assert_int_equal(rd_kafka_message_headers(m, &headers), 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const void *value = NULL;
		size_t len = 0;
		if (rd_kafka_header_get_last(headers, names[i], &value, &len) == 0)
			strbuf_add(out, value, len);
		strbuf_addc(out, ' ');
	}
	strbuf_add(out, m->payload, m->len);
	strbuf_addc(out, '\n');
}

static void kafka_read_dead(struct fixture *f, struct strbuf *out)
{
	mock_read(f->own, see_letter, out);
}

static void kafka_block(struct fixture *f)
{
	struct mock *mock = f->own;
	rd_kafka_mock_broker_set_down(mock->cluster, 1);
}

static void kafka_unblock(struct fixture *f)
{
	struct mock *mock = f->own;
	rd_kafka_mock_broker_set_up(mock->cluster, 1);
}

const struct driver dead_file_driver = {
	.type = &dead_file_output,
	.set_up = file_set_up,
	.read_dead = file_read_dead,
	.block = file_block,
	.unblock = file_unblock,
};

const struct driver dead_kafka_driver = {
	.type = &dead_kafka_output,
	.set_up = kafka_set_up,
	.tear_down = kafka_tear_down,
	.read_dead = kafka_read_dead,
	.block = kafka_block,
	.unblock = kafka_unblock,
};
