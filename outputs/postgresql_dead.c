/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters of the output `postgresql`: one insert for thousands of them, each column a binary array, so
 * that values need no escaping and a letter that is there already (identity and output) is left alone.
 * Nothing in a letter can make the insert fail: texts are made valid, times out of range are left out.
 */
#include "outputs/postgresql.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "event/timeparse.h"
#include "output/letter.h"

#define STATEMENT_LETTERS 5000
#define STATEMENT_BYTES (8u << 20) /* of values, about */
#define EPOCH_2000_US INT64_C(946684800000000)

/* Types of PostgreSQL by their fixed numbers (pg_type.dat). */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_TIMESTAMPTZ = 1184 };
enum { OID_BYTEA_ARRAY = 1001, OID_TEXT_ARRAY = 1009, OID_INT8_ARRAY = 1016, OID_TIMESTAMPTZ_ARRAY = 1185 };

#define LETTER_COLUMNS(X)    \
	X(topic, TEXT)       \
	X(partition, INT8)   \
	X(offset, INT8)      \
	X(record, INT8)      \
	X(idx, INT8)         \
	X(output, TEXT)      \
	X(vendor, TEXT)      \
	X(rule, TEXT)        \
	X(column_no, INT8)   \
	X(reason, TEXT)      \
	X(script_hash, TEXT) \
	X(generation, INT8)  \
	X(key, BYTEA)        \
	X(value, BYTEA)      \
	X(headers, TEXT)     \
	X(timestamp, TIMESTAMPTZ)

enum column {
#define X(name, type) COLUMN_##name,
	LETTER_COLUMNS(X)
#undef X
		COLUMN_COUNT
};

static const Oid types[COLUMN_COUNT] = {
#define X(name, type) OID_##type,
	LETTER_COLUMNS(X)
#undef X
};

/* The last parameter is the cluster. */
static const Oid array_types[COLUMN_COUNT + 1] = {
#define X(name, type) OID_##type##_ARRAY,
	LETTER_COLUMNS(X)
#undef X
		OID_TEXT,
};

static const char insert_sql[] = "INSERT INTO natmill_dead_letters ("
#define X(name, type) "\"" #name "\", "
	LETTER_COLUMNS(X)
#undef X
		"cluster) SELECT d.*, $17 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
		"$13, $14, $15, "
		"$16) d ON CONFLICT DO NOTHING";

_Static_assert(COLUMN_COUNT == 16, "the statement names its parameters one by one");

struct arrays {
	struct strbuf columns[COLUMN_COUNT];
	uint32_t n;
	bool ascii; /* the database keeps no UTF-8 */
};

static void add_u32(struct strbuf *out, uint32_t v)
{
	uint32_t big = htobe32(v);
	strbuf_add(out, &big, sizeof big);
}

static void add_null(struct arrays *a, enum column c)
{
	add_u32(&a->columns[c], UINT32_MAX);
}

static void add_number(struct arrays *a, enum column c, int64_t v)
{
	uint64_t big = htobe64((uint64_t)v);
	add_u32(&a->columns[c], sizeof big);
	strbuf_add(&a->columns[c], &big, sizeof big);
}

static void add_bytes(struct arrays *a, enum column c, const char *data, size_t n)
{
	if (data == NULL) {
		add_null(a, c);
		return;
	}
	add_u32(&a->columns[c], (uint32_t)n);
	strbuf_add(&a->columns[c], data, n);
}

/* Bytes that the database would refuse become question marks. */
static void add_text(struct arrays *a, enum column c, const char *text, size_t n)
{
	bool plain = !a->ascii && utf8_valid(text, n);
	add_bytes(a, c, text, n);
	char *copy = a->columns[c].data + a->columns[c].len - n;
	for (size_t i = 0; i < n; i++)
		if (copy[i] == '\0' || (!plain && (unsigned char)copy[i] >= 0x80))
			copy[i] = '?';
}

/* Empty means unknown: NULL. */
static void add_known(struct arrays *a, enum column c, const char *text, size_t n)
{
	if (text == NULL || n == 0)
		add_null(a, c);
	else
		add_text(a, c, text, n);
}

static void add_time(struct arrays *a, enum column c, int64_t us)
{
	char text[TIME_TEXT_MAX];
	if (us == EVENT_NO_TIME || time_format(us, text) == 0)
		add_null(a, c);
	else
		add_number(a, c, us - EPOCH_2000_US);
}

static void add_letter(struct arrays *a, const struct batch *b, const struct dead_letter *d)
{
	const struct message *m = &b->messages[d->message];
	const char *reason = event_text(d->reason, b->arena.data, b->arena.len);
	struct strbuf headers = {0};
	letter_headers(m, &headers);
	add_text(a, COLUMN_topic, m->topic, strlen(m->topic));
	add_number(a, COLUMN_partition, m->partition);
	add_number(a, COLUMN_offset, m->offset);
	add_number(a, COLUMN_record, d->record);
	add_number(a, COLUMN_idx, d->index);
	add_text(a, COLUMN_output, d->output, strlen(d->output));
	add_known(a, COLUMN_vendor, d->vendor, strlen(d->vendor));
	add_known(a, COLUMN_rule, d->rule, strlen(d->rule));
	if (d->column > 0)
		add_number(a, COLUMN_column_no, d->column);
	else
		add_null(a, COLUMN_column_no);
	add_text(a, COLUMN_reason, reason != NULL ? reason : "", reason != NULL ? d->reason.len : 0);
	add_known(a, COLUMN_script_hash, d->script_hash, strlen(d->script_hash));
	add_number(a, COLUMN_generation, d->generation);
	add_bytes(a, COLUMN_key, m->key, m->key_len);
	add_bytes(a, COLUMN_value, m->tombstone ? NULL : m->value, m->len);
	add_known(a, COLUMN_headers, headers.data, headers.len);
	add_time(a, COLUMN_timestamp, m->timestamp);
	strbuf_free(&headers);
	a->n++;
}

/* One dimension, from 1, with NULLs; the number of elements is filled in when it is known. */
static void start_arrays(struct arrays *a)
{
	a->n = 0;
	for (int c = 0; c < COLUMN_COUNT; c++) {
		strbuf_reset(&a->columns[c]);
		add_u32(&a->columns[c], 1);
		add_u32(&a->columns[c], 1);
		add_u32(&a->columns[c], types[c]);
		add_u32(&a->columns[c], 0);
		add_u32(&a->columns[c], 1);
	}
}

static int insert(struct postgresql *p, struct arrays *a, struct output_result *r)
{
	static const char doing[] = "storing dead letters";
	const char *values[COLUMN_COUNT + 1];
	int lengths[COLUMN_COUNT + 1];
	int binary[COLUMN_COUNT + 1];
	uint32_t n = htobe32(a->n);
	for (int c = 0; c < COLUMN_COUNT; c++) {
		memcpy(a->columns[c].data + 12, &n, sizeof n);
		values[c] = a->columns[c].data;
		lengths[c] = (int)a->columns[c].len;
		binary[c] = 1;
	}
	values[COLUMN_COUNT] = p->env->cluster_id;
	lengths[COLUMN_COUNT] = (int)strlen(p->env->cluster_id);
	binary[COLUMN_COUNT] = 1;
	int64_t deadline = postgresql_deadline(p);
	if (PQsendQueryParams(p->conn, insert_sql, COLUMN_COUNT + 1, array_types, values, lengths, binary,
			      1) == 0)
		return postgresql_lost(p, doing, r);
	if (postgresql_flush(p, deadline, doing, r) != 0)
		return -1;
	return postgresql_finish(p, deadline, doing, r);
}

int postgresql_enter(struct postgresql *p, struct output_result *r)
{
	const char *prefix = postgresql_prefix(p, false);
	if (prefix[0] == '\0')
		return 0;
	bool saved = p->state == STATE_UNDO;
	if (postgresql_query(p, prefix, "beginning a transaction", NULL, 0, r) != 0)
		return -1;
	p->state = saved ? STATE_SAVED : STATE_FILLED;
	return 0;
}

static size_t add_some(struct arrays *a, const struct batch *batch, const struct dead_letter *letters,
		       size_t n)
{
	size_t bytes = 0;
	size_t i = 0;
	start_arrays(a);
	while (i < n && i < STATEMENT_LETTERS && bytes < STATEMENT_BYTES) {
		bytes += batch->messages[letters[i].message].len;
		add_letter(a, batch, &letters[i++]);
	}
	return i;
}

void postgresql_dead(struct output *o, const struct batch *batch, const struct dead_letter *letters, size_t n,
		     struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	struct arrays a = {.ascii = p->foreign_encoding};
	if (p->conn == NULL || !p->begun) {
		postgresql_lost(p, "storing dead letters", r);
		return;
	}
	int rc = n > 0 ? postgresql_enter(p, r) : 0;
	for (size_t done = 0; rc == 0 && done < n;) {
		done += add_some(&a, batch, letters + done, n - done);
		rc = insert(p, &a, r);
	}
	for (int c = 0; c < COLUMN_COUNT; c++)
		strbuf_free(&a.columns[c]);
	if (rc == 0)
		output_ok(r, n);
}
