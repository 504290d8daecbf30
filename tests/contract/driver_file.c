/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `file`; see driver_file.h. Its folder is the fixture's; open and finished files are
 * read whole, so that a line too many would be found.
 */
#include "tests/contract/driver_file.h"

#include <dirent.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "tests/contract/driver_sqlite.h"

#define READ_MAX (64u << 20)

extern const struct output_type file_output;

void file_option(struct fixture *f, const char *name, const char *value)
{
	struct err e = {0};
	if (option_set(option_find(f->type->options, name), &f->options, value, &e) != 0)
		fail_msg("%s: %s", name, e.msg);
}

void file_reopen(struct fixture *f)
{
	f->type->close(f->output);
	f->output = fixture_worker(f, &f->env);
}

static void set_up(struct fixture *f)
{
	file_option(f, "folder", f->folder);
}

static int has_events(const struct dirent *entry)
{
	return strstr(entry->d_name, ".jsonl") != NULL || strstr(entry->d_name, ".csv") != NULL;
}

const char *file_nth(struct fixture *f, size_t n, char *buf, size_t size)
{
	struct dirent **entries;
	int count = scandir(f->folder, &entries, has_events, alphasort);
	bool found = false;
	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		if ((size_t)i == n) {
			snprintf(buf, size, "%s", entries[i]->d_name);
			found = true;
		}
		free(entries[i]);
	}
	free(entries);
	return found ? buf : NULL;
}

size_t file_count(struct fixture *f)
{
	char name[256];
	size_t n = 0;
	while (file_nth(f, n, name, sizeof name) != NULL)
		n++;
	return n;
}

/* One frame after the other, each whole. */
static void unpack(const struct strbuf *packed, struct strbuf *out)
{
	for (size_t at = 0; at < packed->len;) {
		const char *from = packed->data + at;
		size_t n = ZSTD_findFrameCompressedSize(from, packed->len - at);
		assert_false(ZSTD_isError(n));
		unsigned long long size = ZSTD_getFrameContentSize(from, n);
		assert_true(size < READ_MAX);
		char *to = strbuf_reserve(out, size);
		assert_int_equal(ZSTD_decompress(to, size, from, n), size);
		out->len += size;
		to[size] = '\0';
		at += n;
	}
}

void file_bytes(struct fixture *f, const char *name, struct strbuf *out)
{
	char path[400];
	struct err e = {0};
	struct strbuf raw = {0};
	snprintf(path, sizeof path, "%s/%s", f->folder, name);
	if (file_read(path, READ_MAX, &raw, &e) != 0)
		fail_msg("%s", e.msg);
	if (strstr(name, ".zst") != NULL)
		unpack(&raw, out);
	else
		strbuf_add(out, raw.data, raw.len);
	strbuf_free(&raw);
}

static void read_events(struct fixture *f, struct strbuf *out)
{
	char name[256];
	for (size_t i = 0; file_nth(f, i, name, sizeof name) != NULL; i++)
		file_bytes(f, name, out);
}

void file_deliver(struct fixture *f, int64_t from, int64_t to, struct strbuf *expected)
{
	fixture_fill(&f->batch, 0, from, (uint32_t)(to - from));
	fixture_deliver(f, from, to);
	fixture_expect(&f->batch, expected);
}

void file_assert_found(struct fixture *f, struct strbuf *expected)
{
	struct strbuf found = {0};
	f->driver->read(f, &found);
	fixture_assert_lines(&found, expected);
}

void file_assert_name(struct fixture *f, size_t n, const char *expected)
{
	char name[256];
	assert_non_null(file_nth(f, n, name, sizeof name));
	assert_string_equal(name, expected);
}

void file_shell(struct fixture *f, const char *sql)
{
	char path[128];
	snprintf(path, sizeof path, "%s/natmill-watermarks.db", f->folder);
	sqlite_shell(path, sql);
}

void file_command(struct fixture *f, const char *format)
{
	char text[512];
	snprintf(text, sizeof text, "cd %s && %s", f->folder, format);
	assert_int_equal(system(text), 0);
}

void file_assert_alarm(const struct output_result *r, const char *says)
{
	assert_int_equal(r->verdict, OUTPUT_RETRY);
	assert_true(r->alarm);
	if (strstr(r->why.msg, says) == NULL)
		fail_msg("no '%s' in: %s", says, r->why.msg);
}

/* As another process that commits for long. */
static void block(struct fixture *f)
{
	char path[128];
	sqlite3 *db;
	snprintf(path, sizeof path, "%s/natmill-watermarks.db", f->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	f->own = db;
}

static void unblock(struct fixture *f)
{
	sqlite3_close(f->own);
	f->own = NULL;
}

const struct driver file_driver = {
	.type = &file_output,
	.shared = true,
	.set_up = set_up,
	.read = read_events,
	.block = block,
	.unblock = unblock,
};
