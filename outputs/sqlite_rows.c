/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the output `sqlite`: binds events and dead letters to the prepared inserts. The hot path: nothing
 * is allocated, numbers are bound as numbers, an address or a time equal to the one before is not formatted
 * again.
 */
#include "outputs/sqlite.h"

#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "event/timeparse.h"
#include "output/letter.h"

#define WRITE_MS 250     /* one call of write takes no longer; the engine goes on with the rest */
#define CLOCK_EVERY 1024 /* rows between two looks at the clock */

_Static_assert(SQLITE_TIME_MAX <= IP_TEXT_MAX, "a column's text holds a time or an address");

const char *sqlite_time(struct sqlite *s, int64_t us, char buf[SQLITE_TIME_MAX])
{
	if (us == EVENT_NO_TIME)
		return NULL;
	int64_t second = us / 1000000 - (us % 1000000 < 0);
	int64_t fraction = us - second * 1000000;
	if (second != s->second) {
		char text[TIME_TEXT_MAX];
		if (time_format(second * 1000000, text) == 0)
			return NULL;
		memcpy(s->second_text, text, 19); /* without the Z */
		s->second = second;
	}
	memcpy(buf, s->second_text, 19);
	buf[19] = '.';
	for (int i = 25; i > 19; i--, fraction /= 10)
		buf[i] = (char)('0' + fraction % 10);
	memcpy(buf + 26, "Z", 2);
	return buf;
}

static bool same_ip(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static int bind_ip(sqlite3_stmt *stmt, int place, struct sqlite_column *c, const struct ip *ip)
{
	if (c->fresh && same_ip(ip, &c->last_ip))
		return SQLITE_OK;
	c->last_ip = *ip;
	c->fresh = true;
	int len = (int)ip_format(ip, c->text);
	return len > 0 ? sqlite3_bind_text(stmt, place, c->text, len, SQLITE_STATIC)
		       : sqlite3_bind_null(stmt, place);
}

static int bind_time(struct sqlite *s, sqlite3_stmt *stmt, int place, struct sqlite_column *c, int64_t us)
{
	if (c->fresh && us == c->last_time)
		return SQLITE_OK;
	c->last_time = us;
	c->fresh = true;
	const char *text = sqlite_time(s, us, c->text);
	return sqlite3_bind_text(stmt, place, text, SQLITE_TIME_MAX - 1, SQLITE_STATIC); /* NULL binds NULL */
}

static int bind_number(sqlite3_stmt *stmt, int place, int32_t n)
{
	return n == EVENT_ABSENT ? sqlite3_bind_null(stmt, place) : sqlite3_bind_int(stmt, place, n);
}

static int bind_text(sqlite3_stmt *stmt, int place, const struct batch *b, struct text t)
{
	const char *text = event_text(t, b->arena.data, b->arena.len);
	return sqlite3_bind_text(stmt, place, text, (int)t.len, SQLITE_STATIC);
}

static int bind_field(struct sqlite *s, sqlite3_stmt *stmt, int place, struct sqlite_column *c,
		      const struct batch *b, const struct event *ev)
{
	const void *field = (const char *)ev + event_fields[c->source].offset;
	switch (event_fields[c->source].kind) {
	case KIND_TIME:
		return bind_time(s, stmt, place, c, *(const event_TIME *)field);
	case KIND_IP:
		return bind_ip(stmt, place, c, field);
	case KIND_TEXT:
		return bind_text(stmt, place, b, *(const event_TEXT *)field);
	case KIND_ACTION:
	case KIND_PROTOCOL:
	case KIND_PORT:
		break;
	}
	return bind_number(stmt, place, *(const int32_t *)field);
}

static int bind_identity(sqlite3_stmt *stmt, int place, unsigned source, const struct message *m,
			 const struct event *ev)
{
	switch (source) {
	case SOURCE_TOPIC:
		return sqlite3_bind_text(stmt, place, m->topic, -1, SQLITE_STATIC);
	case SOURCE_PARTITION:
		return sqlite3_bind_int(stmt, place, m->partition);
	case SOURCE_OFFSET:
		return sqlite3_bind_int64(stmt, place, m->offset);
	default:
		return sqlite3_bind_int64(stmt, place, ev->index);
	}
}

/* Why the event cannot be stored, known before it is tried; true with r set. */
static bool refuse(const struct sqlite_table *t, const struct event *ev, struct output_result *r)
{
	for (size_t i = 0; i < t->column_count; i++) {
		const struct sqlite_column *c = &t->columns[i];
		if (!c->not_null || c->source >= FIELD_COUNT || event_has(ev, (enum event_field)c->source))
			continue;
		output_reject(r, 1, "column %s of table %s is NOT NULL and the event has no %s", c->name,
			      t->name, c->name);
		return true;
	}
	return false;
}

/* Inserts one event; SQLITE_DONE, or SQLite's code. */
static int insert(struct sqlite *s, struct sqlite_table *t, const struct batch *b, const struct event *ev)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; i < t->column_count && rc == SQLITE_OK; i++) {
		struct sqlite_column *c = &t->columns[i];
		int place = (int)i + 1;
		rc = c->source < FIELD_COUNT
			     ? bind_field(s, t->insert, place, c, b, ev)
			     : bind_identity(t->insert, place, c->source, batch_message_of(b, ev), ev);
	}
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(t->insert);
	sqlite3_reset(t->insert);
	return rc;
}

/* Is it the event that SQLite refuses, so that it would for ever? */
static bool data_error(int rc)
{
	int kind = rc & 0xff;
	return kind == SQLITE_CONSTRAINT || kind == SQLITE_MISMATCH || kind == SQLITE_TOOBIG;
}

/* Stores one event; true, or false with r set as if it were the first of its range. */
static bool write_one(struct sqlite *s, const struct batch *b, const struct event *ev,
		      struct output_result *r)
{
	if (event_type_script(ev->type) == NULL) {
		output_reject(r, 1, "the event has no type");
		return false;
	}
	struct sqlite_table *t = &s->tables[ev->type];
	if (refuse(t, ev, r))
		return false;
	int rc = insert(s, t, b, ev);
	if (rc == SQLITE_DONE)
		return true;
	if (!data_error(rc))
		sqlite_retry(s, rc, "inserting an event", r);
	else if (sqlite3_get_autocommit(s->db))
		output_retry(r, true,
			     "sqlite %s: table %s undoes the whole transaction (ON CONFLICT ROLLBACK): %s",
			     s->options->path, t->name, sqlite3_errmsg(s->db));
	else
		output_reject(r, 1, "%s", sqlite3_errmsg(s->db));
	return false;
}

void sqlite_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	int64_t deadline = clock_mono_ms() + WRITE_MS;
	size_t done = 0;
	if (s->db == NULL || sqlite3_get_autocommit(s->db)) {
		output_retry(r, false, "sqlite %s: there is no transaction", s->options->path);
		return;
	}
	while (done < range->n) {
		if (!write_one(s, range->batch, &range->batch->events[range->pick[done]], r)) {
			/* A refused event gets its verdict when the engine comes back with it in front. */
			if (r->verdict == OUTPUT_RETRY || done == 0)
				return;
			break;
		}
		done++;
		if (done % CLOCK_EVERY == 0 && clock_mono_ms() >= deadline)
			break;
	}
	output_ok(r, done);
}

static void bind_blob(sqlite3_stmt *stmt, int place, const char *data, size_t n)
{
	if (data != NULL && n == 0)
		sqlite3_bind_zeroblob(stmt, place, 0);
	else
		sqlite3_bind_blob64(stmt, place, data, n, SQLITE_STATIC);
}

static void bind_letter(struct sqlite *s, const struct batch *b, const struct dead_letter *d)
{
	sqlite3_stmt *stmt = s->dead;
	const struct message *m = &b->messages[d->message];
	const char *reason = event_text(d->reason, b->arena.data, b->arena.len);
	sqlite3_bind_text(stmt, 1, s->env->cluster_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, m->topic, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 3, m->partition);
	sqlite3_bind_int64(stmt, 4, m->offset);
	sqlite3_bind_int64(stmt, 5, d->record);
	sqlite3_bind_int64(stmt, 6, d->index);
	sqlite3_bind_text(stmt, 7, d->output, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 8, d->vendor, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 9, d->rule, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 10, d->column);
	sqlite3_bind_text(stmt, 11, reason != NULL ? reason : "", reason != NULL ? (int)d->reason.len : 0,
			  SQLITE_STATIC);
	sqlite3_bind_text(stmt, 12, d->script_hash, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 13, d->generation);
	bind_blob(stmt, 14, m->key, m->key_len);
	bind_blob(stmt, 15, m->tombstone ? NULL : m->value, m->len);
}

static int insert_letter(struct sqlite *s, const struct batch *b, const struct dead_letter *d)
{
	const struct message *m = &b->messages[d->message];
	char taken[SQLITE_TIME_MAX];
	char now[SQLITE_TIME_MAX];
	struct strbuf headers = {0};
	bind_letter(s, b, d);
	letter_headers(m, &headers);
	sqlite3_bind_text(s->dead, 16, headers.data, (int)headers.len, SQLITE_STATIC);
	sqlite3_bind_text(s->dead, 17, sqlite_time(s, m->timestamp, taken), -1, SQLITE_STATIC);
	sqlite3_bind_text(s->dead, 18, sqlite_time(s, clock_wall_us(), now), -1, SQLITE_STATIC);
	int rc = sqlite3_step(s->dead);
	sqlite3_reset(s->dead);
	sqlite3_clear_bindings(s->dead);
	strbuf_free(&headers);
	return rc;
}

void sqlite_dead(struct output *o, const struct batch *batch, const struct dead_letter *letters, size_t n,
		 struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	if (s->db == NULL || sqlite3_get_autocommit(s->db)) {
		output_retry(r, false, "sqlite %s: there is no transaction", s->options->path);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		int rc = insert_letter(s, batch, &letters[i]);
		if (rc != SQLITE_DONE) {
			sqlite_retry(s, rc, "storing a dead letter", r);
			return;
		}
	}
	output_ok(r, n);
}
