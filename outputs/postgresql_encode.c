/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the output `postgresql` in the format of binary COPY, straight from struct event. The hot path: one
 * reservation a row, nothing is formatted. Format: PostgreSQL's manual, COPY, "Binary Format", and the
 * receive functions of the types: big-endian numbers, times in microseconds since 2000, inet as family (2 =
 * IPv4, 3 = IPv6), prefix length, 0, number of bytes, bytes.
 */
#include "outputs/postgresql.h"

#include <endian.h>
#include <string.h>

#define EPOCH_2000_US INT64_C(946684800000000)
#define INET_MAX 20 /* bytes of an IPv6 address with its head */

static char *put2(char *to, int32_t v)
{
	uint16_t big = htobe16((uint16_t)v);
	memcpy(to, &big, sizeof big);
	return to + sizeof big;
}

static char *put4(char *to, int32_t v)
{
	uint32_t big = htobe32((uint32_t)v);
	memcpy(to, &big, sizeof big);
	return to + sizeof big;
}

static char *put8(char *to, int64_t v)
{
	uint64_t big = htobe64((uint64_t)v);
	memcpy(to, &big, sizeof big);
	return to + sizeof big;
}

static char *put_null(char *to)
{
	return put4(to, -1);
}

static char *put_bytes(char *to, const char *text, size_t n)
{
	to = put4(to, (int32_t)n);
	memcpy(to, text, n);
	return to + n;
}

static char *put_time(char *to, int64_t us)
{
	if (us == EVENT_NO_TIME)
		return put_null(to);
	return put8(put4(to, 8), us - EPOCH_2000_US);
}

static char *put_inet(char *to, const struct ip *ip)
{
	if (ip->family == 0)
		return put_null(to);
	uint8_t bytes = ip->family == 4 ? 4 : 16;
	const uint8_t head[4] = {ip->family == 4 ? 2 : 3, (uint8_t)(bytes * 8), 0, bytes};
	to = put4(to, 4 + bytes);
	memcpy(to, head, sizeof head);
	memcpy(to + sizeof head, ip->bytes, bytes);
	return to + sizeof head + bytes;
}

static char *put_ip_text(char *to, const struct ip *ip)
{
	size_t n = ip_format(ip, to + 4);
	if (n == 0)
		return put_null(to);
	put4(to, (int32_t)n);
	return to + 4 + n;
}

/* The text of a column; NULL with *n = 0 when it is absent. Longer ones than any event may hold count as
 * absent: the row's room is reckoned by that. */
static const char *text_of(const struct postgresql_column *c, const struct batch *b, const struct event *ev,
			   size_t *n)
{
	struct text t;
	const char *text;
	if (c->source == SOURCE_TOPIC) {
		text = batch_message_of(b, ev)->topic;
		*n = strnlen(text, EVENT_TEXT_MAX);
		return text;
	}
	memcpy(&t, (const char *)ev + c->offset, sizeof t);
	text = t.len > 0 && t.len <= EVENT_TEXT_MAX ? event_text(t, b->arena.data, b->arena.len) : NULL;
	*n = text != NULL ? t.len : 0;
	return text;
}

#define NO_NUMBER INT64_MAX /* a text that is none; no column takes it */
#define DIGITS_MAX 18

static int64_t digits_of(const struct postgresql_column *c, const struct batch *b, const struct event *ev)
{
	size_t n;
	int64_t v = 0;
	const char *text = text_of(c, b, ev, &n);
	if (text == NULL)
		return EVENT_ABSENT;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || i == DIGITS_MAX)
			return NO_NUMBER;
		v = 10 * v + (text[i] - '0');
	}
	return v;
}

static int64_t number_of(const struct postgresql_column *c, const struct batch *b, const struct event *ev)
{
	const struct message *m;
	int32_t n;
	if (c->digits)
		return digits_of(c, b, ev);
	switch (c->source) {
	case SOURCE_PARTITION:
		return batch_message_of(b, ev)->partition;
	case SOURCE_OFFSET:
		m = batch_message_of(b, ev);
		return m->offset;
	case SOURCE_INDEX:
		return ev->index;
	default:
		memcpy(&n, (const char *)ev + c->offset, sizeof n);
		return n == EVENT_ABSENT && c->zero ? 0 : n;
	}
}

static char *put_number(char *to, enum postgresql_form form, int64_t n)
{
	if (n == EVENT_ABSENT)
		return put_null(to);
	if (form == FORM_INT2)
		return put2(put4(to, 2), (int32_t)n);
	if (form == FORM_INT4)
		return put4(put4(to, 4), (int32_t)n);
	return put8(put4(to, 8), n);
}

_Static_assert(INET_MAX <= IP_TEXT_MAX, "the longest form but texts is an address as text");

void postgresql_add_header(struct strbuf *out)
{
	static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
	strbuf_add(out, header, 19);
}

void postgresql_add_trailer(struct strbuf *out)
{
	strbuf_add(out, "\377\377", 2);
}

void postgresql_add_row(const struct postgresql_table *t, const struct batch *b, const struct event *ev,
			struct strbuf *out)
{
	char *to = strbuf_reserve(out, t->row_max);
	char *start = to;
	to = put2(to, (int32_t)t->column_count);
	for (size_t i = 0; i < t->column_count; i++) {
		const struct postgresql_column *c = &t->columns[i];
		const char *field = (const char *)ev + c->offset;
		const char *text;
		int64_t time;
		size_t n;
		switch (c->form) {
		case FORM_TIMESTAMP:
			memcpy(&time, field, sizeof time);
			to = put_time(to, time);
			break;
		case FORM_INET:
			to = put_inet(to, (const struct ip *)(const void *)field);
			break;
		case FORM_IP_TEXT:
			to = put_ip_text(to, (const struct ip *)(const void *)field);
			break;
		case FORM_TEXT:
			text = text_of(c, b, ev, &n);
			to = text != NULL ? put_bytes(to, text, n) : put_null(to);
			break;
		default:
			to = put_number(to, c->form, number_of(c, b, ev));
			break;
		}
	}
	out->len += (size_t)(to - start);
}

/* Characters of UTF-8. */
static size_t characters(const char *text, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* Is the column to be NULL? */
static bool is_absent(const struct postgresql_column *c, const struct batch *b, const struct event *ev)
{
	const char *field = (const char *)ev + c->offset;
	int64_t time;
	size_t n;
	switch (c->form) {
	case FORM_TIMESTAMP:
		memcpy(&time, field, sizeof time);
		return time == EVENT_NO_TIME;
	case FORM_INET:
	case FORM_IP_TEXT:
		return ((const struct ip *)(const void *)field)->family == 0;
	case FORM_TEXT:
		return text_of(c, b, ev, &n) == NULL;
	default:
		return number_of(c, b, ev) == EVENT_ABSENT;
	}
}

/* Is the text longer than the column takes? */
static bool is_long(const struct postgresql_column *c, const struct batch *b, const struct event *ev)
{
	size_t n;
	const char *text = text_of(c, b, ev, &n);
	return n > c->longest && characters(text, n) > c->longest;
}

/* Does the column's type hold the event's value? */
static bool fits(const struct postgresql_table *t, const struct postgresql_column *c, const struct batch *b,
		 const struct event *ev, struct output_result *r)
{
	if (c->longest > 0 && is_long(c, b, ev)) {
		output_reject(r, 1, "column %s of table %s takes %u characters, the event's %s is longer",
			      c->name, t->name, c->longest, c->name);
		return false;
	}
	if (!c->narrow)
		return true;
	int64_t v = number_of(c, b, ev);
	int64_t max = c->form == FORM_INT2 ? INT16_MAX : c->form == FORM_INT4 ? INT32_MAX : NO_NUMBER - 1;
	if (v <= max)
		return true;
	if (v == NO_NUMBER) {
		output_reject(r, 1, "column %s of table %s takes numbers, the event's %s is none", c->name,
			      t->name, c->name);
		return false;
	}
	output_reject(r, 1, "column %s of table %s takes numbers up to %lld, the event's %s is %lld", c->name,
		      t->name, (long long)max, c->name, (long long)v);
	return false;
}

bool postgresql_check(const struct postgresql_table *t, const struct batch *b, const struct event *ev,
		      struct output_result *r)
{
	for (size_t i = 0; i < t->guard_count; i++) {
		const struct postgresql_column *c = &t->columns[t->guards[i]];
		if (c->not_null && is_absent(c, b, ev)) {
			output_reject(r, 1, "column %s of table %s is NOT NULL and the event has no %s",
				      c->name, t->name, c->name);
			return false;
		}
		if (!fits(t, c, b, ev, r))
			return false;
	}
	return true;
}

/* Can an event be refused because of this column? Columns that are no field's are always filled. */
static bool is_guard(const struct postgresql_column *c)
{
	return c->not_null || c->narrow || c->longest > 0;
}

void postgresql_plan_rows(struct postgresql_table *t)
{
	t->row_max = 2;
	t->guard_count = 0;
	for (size_t i = 0; i < t->column_count; i++) {
		struct postgresql_column *c = &t->columns[i];
		bool wide = c->source >= FIELD_COUNT || event_fields[c->source].kind == KIND_PORT;
		c->digits = c->source < FIELD_COUNT && event_fields[c->source].kind == KIND_TEXT &&
			    c->form != FORM_TEXT;
		c->narrow = c->digits || (wide && (c->form == FORM_INT2 ||
						   (c->form == FORM_INT4 && c->source >= SOURCE_OFFSET)));
		t->row_max += c->form == FORM_TEXT ? 4u + EVENT_TEXT_MAX : 4u + IP_TEXT_MAX;
		if (is_guard(c))
			t->guards[t->guard_count++] = (uint8_t)i;
	}
}
