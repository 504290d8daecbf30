/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes broken lines out of a sample: cut at every byte, values out of range or of the other family, unknown
 * words for actions, things behind the end, blanks doubled, NUL and bytes that are no UTF-8 put in. Include
 * after vendor_help.h.
 */
#ifndef NATMILL_TESTS_MUTATE_H
#define NATMILL_TESTS_MUTATE_H

#include <ctype.h>
#include <stdio.h>

enum mutation {
	UNCHANGED,
	CUT,      /* the line ends earlier */
	RANGE,    /* a number or address that is none */
	FAMILY,   /* an address of the other family */
	UNKNOWN,  /* all words of actions became one that is none */
	TRAILING, /* more words behind the end */
	BLANKS,   /* blanks doubled: means the same */
	LINE_END, /* CR, LF or blanks at the end: means the same */
	BYTES,    /* a NUL or a byte that is no UTF-8 put in */
};

static const char *const mutation_names[] = {"unchanged", "cut",    "range",    "family", "unknown",
					     "trailing",  "blanks", "line end", "bytes"};

#define STRANGER "Zz9" /* a word that no format knows */
#define OTHER_V4 "192.0.2.251"
#define OTHER_V6 "2001:db8:f::251"

struct mutant {
	enum mutation kind;
	size_t off; /* in text */
	size_t len;
	const char *put; /* what stands in the line now; NULL = nothing new */
};

struct mutants {
	const struct sample *sample;
	struct strbuf text; /* of all of them */
	struct mutant items[VENDOR_BATCH];
	size_t count;
};

/* The sample with `len` bytes at `at` replaced by `put`. */
HELPER void mutant_add(struct mutants *m, enum mutation kind, size_t at, size_t len, const char *put,
		       size_t put_len)
{
	assert_true(m->count < VENDOR_BATCH);
	struct mutant *one = &m->items[m->count++];
	*one = (struct mutant){.kind = kind, .off = m->text.len, .put = put_len > 0 ? put : NULL};
	strbuf_add(&m->text, m->sample->value, at);
	strbuf_add(&m->text, put, put_len);
	strbuf_add(&m->text, m->sample->value + at + len, m->sample->len - at - len);
	one->len = m->text.len - one->off;
}

/* The first is the sample itself. */
HELPER void mutants_begin(struct mutants *m, const struct sample *s)
{
	m->sample = s;
	m->count = 0;
	strbuf_reset(&m->text);
	mutant_add(m, UNCHANGED, s->len, 0, "", 0);
}

HELPER void mutate_cut(struct mutants *m)
{
	for (size_t at = 0; at < m->sample->len; at++)
		mutant_add(m, CUT, at, m->sample->len - at, "", 0);
}

HELPER void mutate_bytes(struct mutants *m)
{
	for (size_t at = 0; at <= m->sample->len; at++) {
		mutant_add(m, BYTES, at, 0, "\0", 1);
		mutant_add(m, BYTES, at, 0, "\xff", 1);
	}
}

HELPER void mutate_blanks(struct mutants *m)
{
	const struct sample *s = m->sample;
	static const char *const ends[] = {"\r\n", "\n", " ", "\t \r\n"};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		mutant_add(m, LINE_END, s->len, 0, ends[i], strlen(ends[i]));
	struct mutant all = {.kind = BLANKS};
	for (size_t at = 0; at < s->len; at++)
		if (s->value[at] == ' ')
			mutant_add(m, BLANKS, at, 0, " ", 1);
	assert_true(m->count < VENDOR_BATCH);
	all.off = m->text.len;
	for (size_t at = 0; at < s->len; at++) {
		if (s->value[at] == ' ')
			strbuf_addc(&m->text, ' ');
		strbuf_addc(&m->text, s->value[at]);
	}
	all.len = m->text.len - all.off;
	m->items[m->count++] = all;
}

HELPER void mutate_trailing(struct mutants *m)
{
	static const char *const more[] = {" " STRANGER, "." STRANGER, " 7 8",         " x=1",
					   "\"",         "]",          " 192.0.2.251", "\x01"};
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		mutant_add(m, TRAILING, m->sample->len, 0, more[i], strlen(more[i]));
}

HELPER bool word_byte(char c)
{
	return isalnum((unsigned char)c) != 0;
}

/* Is this the end of a group of an IPv6 address, which goes on here? */
HELPER bool in_ipv6(const char *line, size_t n, size_t at)
{
	size_t end = at;
	while (end < n && (isxdigit((unsigned char)line[end]) != 0 || line[end] == ':'))
		end++;
	return at < n && line[at] == ':' && memmem(line + at, end - at, "::", 2) != NULL;
}

/* Does the text stand at this place as a word of its own? Dots join numbers, colons the groups of IPv6. */
HELPER bool is_token(const char *line, size_t n, size_t at, const char *text, size_t len)
{
	if (at + len > n || strncasecmp(line + at, text, len) != 0)
		return false;
	if (in_ipv6(line, n, at + len) || (at > 1 && memcmp(line + at - 2, "::", 2) == 0))
		return false;
	char before = at > 0 ? line[at - 1] : ' ';
	char after = at + len < n ? line[at + len] : ' ';
	bool dotted = after == '.' && at + len + 1 < n && isdigit((unsigned char)line[at + len + 1]) != 0;
	return !word_byte(before) && before != '.' && !word_byte(after) && !dotted;
}

HELPER size_t count_tokens(const char *line, size_t n, const char *text, size_t len)
{
	size_t count = 0;
	for (size_t at = 0; at < n && len > 0; at++)
		count += is_token(line, n, at, text, len) ? 1 : 0;
	return count;
}

/* The event's value as lines usually write it; "" when it is absent or a time. Returns its length. */
HELPER size_t field_text(const struct batch *b, const struct event *ev, enum event_field f, char *out,
			 size_t size)
{
	const char *p = (const char *)ev + event_fields[f].offset;
	struct ip ip;
	struct text t;
	int32_t number;
	out[0] = '\0';
	if (!event_has(ev, f))
		return 0;
	switch (event_fields[f].kind) {
	case KIND_IP:
		memcpy(&ip, p, sizeof ip);
		return ip_format(&ip, out);
	case KIND_TEXT:
		memcpy(&t, p, sizeof t);
		return (size_t)snprintf(out, size, "%.*s", (int)t.len, b->arena.data + t.off);
	case KIND_PORT:
	case KIND_PROTOCOL:
		memcpy(&number, p, sizeof number);
		return (size_t)snprintf(out, size, "%d", number);
	default:
		return 0;
	}
}

static const char *const bad_ports[] = {"70000", "65536", "-1", "99999999999999999999", "1e3", "0x1f", "1.5"};
static const char *const bad_protocols[] = {"999", "256", "-6", STRANGER};
static const char *const bad_v4[] = {"10.0.300.1", "10.0.0", "10.0.0.1.5", "010.0.0.1", "10.0.0.256"};
static const char *const bad_v6[] = {"2001:db8::g", "2001:::1", "1:2:3:4:5:6:7:8:9", "2001:db8::10000"};

HELPER void replace_tokens(struct mutants *m, enum mutation kind, const char *text, size_t len,
			   const char *const *puts, size_t n)
{
	const struct sample *s = m->sample;
	for (size_t at = 0; at < s->len; at++)
		for (size_t i = 0; i < n && is_token(s->value, s->len, at, text, len); i++)
			mutant_add(m, kind, at, len, puts[i], strlen(puts[i]));
}

#define REPLACE(kind, puts) replace_tokens(m, kind, text, len, puts, sizeof(puts) / sizeof *(puts))

/* Each value of the event, wherever it stands. */
HELPER void mutate_values(struct mutants *m, const struct batch *b, const struct event *ev)
{
	static const char *const v4[] = {OTHER_V4};
	static const char *const v6[] = {OTHER_V6};
	char text[EVENT_TEXT_MAX + 1];
	for (int f = 0; f < FIELD_COUNT; f++) {
		size_t len = field_text(b, ev, (enum event_field)f, text, sizeof text);
		if (len == 0)
			continue;
		if (event_fields[f].kind == KIND_PORT)
			REPLACE(RANGE, bad_ports);
		if (event_fields[f].kind == KIND_PROTOCOL)
			REPLACE(RANGE, bad_protocols);
		if (event_fields[f].kind == KIND_IP && strchr(text, ':') != NULL) {
			REPLACE(RANGE, bad_v6);
			REPLACE(FAMILY, v4);
		} else if (event_fields[f].kind == KIND_IP) {
			REPLACE(RANGE, bad_v4);
			REPLACE(FAMILY, v6);
		}
	}
}

/* The longest word of an action that stands here; 0 if none does. */
HELPER size_t action_at(const struct vocabulary *v, const struct sample *s, size_t at)
{
	size_t longest = 0;
	for (size_t i = 0; i < v->action_count; i++)
		if (is_token(s->value, s->len, at, v->actions[i].text, v->actions[i].len) &&
		    v->actions[i].len > longest)
			longest = v->actions[i].len;
	return longest;
}

HELPER void mutate_actions(struct mutants *m, const struct vocabulary *v)
{
	const struct sample *s = m->sample;
	struct mutant one = {.kind = UNKNOWN, .off = m->text.len};
	for (size_t at = 0; at < s->len;) {
		size_t len = action_at(v, s, at);
		if (len > 0)
			strbuf_adds(&m->text, STRANGER);
		else
			strbuf_addc(&m->text, s->value[at]);
		one.put = len > 0 ? STRANGER : one.put;
		at += len > 0 ? len : 1;
	}
	one.len = m->text.len - one.off;
	if (one.put != NULL)
		m->items[m->count++] = one;
}

#endif
