/* SPDX-License-Identifier: Apache-2.0
 *
 * Letters of the dead-letter store `file` as they are read back: a line each, in the order they were written.
 * What follows on a letter is found by where its line ends.
 */
#include "outputs/dead_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "event/envelope.h"
#include "event/timeparse.h"

#define ARENA_MAX (64u << 20)
#define BASE64 "_base64"

struct dead_file_line {
	struct envelope_reader *reader;
	struct arena arena;
	struct strbuf texts; /* of the letter under way; never moved while it is filled */
	struct stored_letter letter;
};

/* A copy with a NUL behind it. */
static char *copy(struct dead_file_line *re, struct text t)
{
	char *at = re->texts.data + re->texts.len;
	memcpy(at, re->arena.data + t.off, t.len);
	at[t.len] = '\0';
	re->texts.len += t.len + 1;
	return at;
}

static int digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes in place, up to the first byte that is no digit; returns the length. */
static size_t decode(char *text)
{
	size_t n = 0;
	unsigned bits = 0;
	int have = 0;
	for (size_t i = 0; digit(text[i]) >= 0; i++) {
		bits = bits << 6 | (unsigned)digit(text[i]);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		text[n++] = (char)(bits >> have & 0xff);
	}
	text[n] = '\0';
	return n;
}

static int64_t number_of(const char *text)
{
	return strtoll(text, NULL, 10);
}

static int64_t time_of(const char *text)
{
	int64_t us = EVENT_NO_TIME;
	time_read(text, strlen(text), TIME_ZONE_UNKNOWN, &us);
	return us;
}

/* Key or value, as text or in base64; false when the member is neither. */
static bool take_bytes(struct dead_file_line *re, const char *name, char *text, size_t n)
{
	struct stored_letter *l = &re->letter;
	bool key = strncmp(name, "key", 3) == 0;
	const char *rest = key ? name + 3 : strncmp(name, "value", 5) == 0 ? name + 5 : name;
	if (rest == name || (rest[0] != '\0' && strcmp(rest, BASE64) != 0))
		return false;
	size_t len = rest[0] != '\0' ? decode(text) : n;
	*(key ? &l->key : &l->value) = text;
	*(key ? &l->key_len : &l->len) = len;
	return true;
}

static void take_member(struct dead_file_line *re, const char *name, char *text, size_t n)
{
	struct stored_letter *l = &re->letter;
	const struct {
		const char *name;
		const char **text;
	} texts[] = {{"topic", &l->at.topic},   {"cluster", &l->at.cluster},
		     {"output", &l->at.output}, {"vendor", &l->vendor},
		     {"rule", &l->rule},        {"reason", &l->reason},
		     {"headers", &l->headers},  {"script_hash", &l->script_hash}};
	if (take_bytes(re, name, text, n))
		return;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(name, texts[i].name) == 0)
			*texts[i].text = text;
	if (strcmp(name, "partition") == 0)
		l->at.partition = (int32_t)number_of(text);
	else if (strcmp(name, "offset") == 0)
		l->at.offset = number_of(text);
	else if (strcmp(name, "record") == 0)
		l->at.record = (uint32_t)number_of(text);
	else if (strcmp(name, "index") == 0)
		l->at.index = (uint32_t)number_of(text);
	else if (strcmp(name, "column") == 0)
		l->column = (uint32_t)number_of(text);
	else if (strcmp(name, "generation") == 0)
		l->generation = (uint32_t)number_of(text);
	else if (strcmp(name, "timestamp") == 0)
		l->timestamp = time_of(text);
	else if (strcmp(name, "stored_at") == 0)
		l->stored_at = time_of(text);
}

struct dead_file_line *dead_file_line_new(void)
{
	struct dead_file_line *re = xcalloc(1, sizeof *re);
	re->reader = envelope_reader_new();
	arena_init(&re->arena, ARENA_MAX);
	return re;
}

void dead_file_line_free(struct dead_file_line *re)
{
	envelope_reader_free(re->reader);
	arena_free(&re->arena);
	strbuf_free(&re->texts);
	free(re);
}

struct stored_letter *dead_file_letter(struct dead_file_line *re, const char *line, size_t n, struct err *e)
{
	struct envelope envelope;
	re->letter = (struct stored_letter){.at = {.cluster = "", .topic = "", .output = "", .offset = -1},
					    .vendor = "",
					    .rule = "",
					    .reason = "",
					    .script_hash = "",
					    .timestamp = EVENT_NO_TIME,
					    .stored_at = EVENT_NO_TIME};
	arena_reset(&re->arena);
	if (envelope_open(re->reader, &re->arena, line, n, TIME_ZONE_UNKNOWN, &envelope, e) != 0)
		return NULL;
	strbuf_reset(&re->texts);
	strbuf_reserve(&re->texts, re->arena.len + 2 * envelope.pair_count + n + 1);
	const struct envelope_pair *pairs = envelope_pairs(re->reader);
	for (size_t i = 0; envelope.kind == ENVELOPE_RECORD && i < envelope.pair_count; i++) {
		const char *name = copy(re, pairs[i].key);
		char *text = copy(re, pairs[i].value);
		take_member(re, name, text, pairs[i].value.len);
	}
	re->letter.at.timestamp = re->letter.timestamp;
	if (re->letter.at.topic[0] != '\0' && re->letter.at.offset >= 0)
		return &re->letter;
	err_set(e, ERR_DATA, "no topic and offset in it");
	return NULL;
}

/* Reads lines until the query has what it asks for; how many letters were given. */
static size_t give(FILE *in, struct dead_file_line *re, const struct dead_query *q, dead_row_fn *row,
		   void *ctx, const char *path)
{
	char *line = NULL;
	size_t room = 0;
	size_t given = 0;
	size_t bytes = 0;
	ssize_t n;
	while (given < q->limit && (n = getline(&line, &room, in)) > 0 && line[n - 1] == '\n') {
		struct err e;
		if (dead_file_letter(re, line, (size_t)n - 1, &e) == NULL) {
			log_warn("dead letters: a line of %s before byte %lld is left out: %s", path,
				 (long long)ftello(in), e.msg);
			continue;
		}
		re->letter.at.place = ftello(in);
		if (!dead_wanted(q, &re->letter))
			continue;
		row(ctx, &re->letter);
		given++;
		bytes += re->letter.key_len + re->letter.len;
		if (q->bytes > 0 && bytes >= q->bytes)
			break;
	}
	free(line);
	return given;
}

/* The file at the place where the query begins; false with errno. */
static bool seek(FILE **in, const char *path, const struct dead_query *query)
{
	if (*in != NULL && query->after == NULL) {
		fclose(*in);
		*in = NULL;
	}
	if (*in == NULL)
		*in = fopen(path, "re");
	return *in != NULL && fseeko(*in, query->after != NULL ? query->after->place : 0, SEEK_SET) == 0;
}

void dead_file_read(FILE **in, const char *path, const struct dead_query *query, dead_row_fn *row, void *ctx,
		    struct output_result *r)
{
	output_ok(r, 0);
	if (seek(in, path, query)) {
		struct dead_file_line *line = dead_file_line_new();
		output_ok(r, give(*in, line, query, row, ctx, path));
		dead_file_line_free(line);
	}
	if (*in == NULL ? errno != ENOENT : ferror(*in) != 0)
		output_retry(r, true, "dead letters: cannot read %s: %s", path, strerror(errno));
}
