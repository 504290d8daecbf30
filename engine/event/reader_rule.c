/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules over keys and values; see reader_rule.h. The rule owns its templates. What stands in front of the
 * pairs is treated as one more key.
 */
#include "event/reader_rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/reader_value.h"
#include "event/rule_fields.h"
#include "event/template_example.h"
#include "event/template_program.h"

#define CHOICES_MAX 4 /* of "a|b" */

/* Numbers below 0 are parts: -1 the first. */
static const char *const part_names[PART_COUNT] = {"@front", "@host_name", "@program"};

struct rule_key {
	int16_t keys[CHOICES_MAX];
	uint8_t count;
	struct reader_value value;
};

struct reader_rule {
	int type;
	struct keys *keys;
	const struct vocabulary *words;
	uint32_t may;
	uint32_t always;
	struct stray stray;
	uint64_t needs[KEYS_MAX / 64]; /* keys that must have a value, and those that must have none */
	uint64_t bars[KEYS_MAX / 64];
	uint32_t count;
	struct rule_key items[READER_RULE_KEYS_MAX];
};

struct reader_rule *reader_rule_new(int type, struct keys *keys, const struct vocabulary *words)
{
	struct reader_rule *r = xcalloc(1, sizeof *r);
	r->type = type;
	r->keys = keys;
	r->words = words;
	return r;
}

void reader_rule_free(struct reader_rule *r)
{
	for (uint32_t i = 0; r != NULL && i < r->count; i++)
		reader_value_free(&r->items[i].value);
	free(r);
}

uint32_t reader_rule_may(const struct reader_rule *r)
{
	return r->may;
}

uint32_t reader_rule_always(const struct reader_rule *r)
{
	return r->always;
}

const struct stray *reader_rule_stray(const struct reader_rule *r)
{
	return &r->stray;
}

static int number_of(struct reader_rule *r, const char *key, size_t len, struct err *e)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (strlen(part_names[i]) == len && memcmp(part_names[i], key, len) == 0)
			return -1 - i;
	int number = keys_add(r->keys, key, len, e);
	return number < 0 ? KEYS_MAX : number;
}

/* Takes "a|b" apart. */
static int add_choices(struct reader_rule *r, struct rule_key *item, const char *key, size_t len,
		       struct err *e)
{
	for (size_t at = 0; at <= len;) {
		const char *bar = memchr(key + at, '|', len - at);
		size_t end = bar != NULL ? (size_t)(bar - key) : len;
		if (item->count == CHOICES_MAX)
			return err_set(e, ERR_SCRIPT, "more than %d keys in one `a|b`", CHOICES_MAX);
		int number = number_of(r, key + at, end - at, e);
		if (number == KEYS_MAX)
			return -1;
		item->keys[item->count++] = (int16_t)number;
		at = end + 1;
	}
	return 0;
}

int reader_rule_add(struct reader_rule *r, const char *key, size_t key_len, const char *template, size_t len,
		    struct err *e)
{
	struct rule_key *item = &r->items[r->count];
	if (r->count == READER_RULE_KEYS_MAX)
		return err_set(e, ERR_SCRIPT, "more than %d keys in one rule", READER_RULE_KEYS_MAX);
	*item = (struct rule_key){0};
	if (add_choices(r, item, key, key_len, e) != 0)
		return err_prefix(e, "key %.*s", (int)key_len, key);
	r->count++;
	stray_find(&r->stray, template, len);
	if (reader_value_compile(&item->value, template, len, r->words, e) != 0)
		return err_prefix(e, "key %.*s", (int)key_len, key);
	return 0;
}

static const char *item_name(const struct reader_rule *r, const struct rule_key *item, int *len)
{
	int key = item->keys[0];
	const char *name = key < 0 ? part_names[-1 - key] : r->keys->names[key].text;
	*len = key < 0 ? (int)strlen(name) : (int)r->keys->names[key].key.len;
	return name;
}

/* Cheap and telling first: parts, then conditions, then values. */
static int rank(const struct rule_key *item)
{
	if (item->keys[0] < 0)
		return 0;
	return item->value.template == NULL || template_may(item->value.template) == 0 ? 1 : 2;
}

static void sort(struct reader_rule *r)
{
	for (uint32_t i = 1; i < r->count; i++) {
		struct rule_key item = r->items[i];
		uint32_t at = i;
		for (; at > 0 && rank(&r->items[at - 1]) > rank(&item); at--)
			r->items[at] = r->items[at - 1];
		r->items[at] = item;
	}
}

/* Does an empty text fit the item, or nothing else? So most records are told from those of other rules before
 * any value is looked at. */
static void add_needs(struct reader_rule *r, const struct rule_key *item)
{
	struct event values;
	uint32_t found;
	int key = item->keys[0];
	if (item->count > 1 || key < 0)
		return;
	uint64_t bit = UINT64_C(1) << key % 64;
	if (!reader_value_fits(&item->value, "", (struct text){0}, &values, &found, NULL))
		r->needs[key / 64] |= bit;
	else if (item->value.template == NULL)
		r->bars[key / 64] |= bit;
}

int reader_rule_end(struct reader_rule *r, struct err *e)
{
	for (uint32_t i = 0; i < r->count; i++) {
		const struct rule_key *item = &r->items[i];
		uint32_t may = item->value.template != NULL ? template_may(item->value.template) : 0;
		uint32_t twice = r->may & may;
		int len;
		const char *name = item_name(r, item, &len);
		if (twice != 0)
			return err_set(
				e, ERR_SCRIPT,
				"key %.*s: {%s} comes from another key too: keep one; for the first that is "
				"there write [\"KEY|OTHER\"]",
				len, name, rule_field_name((enum event_field)__builtin_ctz(twice)));
		r->may |= may;
		r->always |= item->value.template != NULL ? template_always(item->value.template) : 0;
		add_needs(r, item);
	}
	sort(r);
	return rule_fields_check(r->may, r->type, &r->stray, e);
}

/* The first of the item's keys that is there and not empty. */
static struct reading_value value_of(const struct rule_key *item, const struct reading *in)
{
	for (size_t i = 0; i < item->count; i++) {
		int key = item->keys[i];
		if (key >= 0 && !reading_has(in, key))
			continue;
		struct text t = key >= 0 ? in->values[key].text : in->parts[-1 - key];
		if (t.len > 0)
			return (struct reading_value){.text = t,
						      .place = key >= 0 ? in->values[key].place : 0};
	}
	return (struct reading_value){0};
}

static void keep_miss(const struct reader_rule *r, const char *data, const struct reading *in,
		      struct reader_miss *m)
{
	struct reader_miss this = {.rule = r};
	bool wrong = false;
	for (uint32_t i = 0; i < r->count; i++) {
		const struct rule_key *item = &r->items[i];
		struct event values;
		uint32_t found;
		struct text t = value_of(item, in).text;
		if (reader_value_fits(&item->value, data, t, &values, &found, NULL)) {
			this.fitted += item->keys[0] >= 0 && t.len > 0;
			continue;
		}
		if (this.failed == 0 || (!wrong && t.len > 0))
			this.key = i;
		wrong = wrong || t.len > 0;
		this.failed++;
	}
	if (m->rule == NULL || (this.fitted > 0 && (m->fitted == 0 || this.failed < m->failed)))
		*m = this;
}

/* Is there a key without a value that must have one, or the other way round? */
static inline bool differs(const struct reader_rule *r, const struct reading *in)
{
	uint64_t wrong = 0;
	for (size_t i = 0; i < KEYS_MAX / 64; i++)
		wrong |= (r->needs[i] & ~in->filled[i]) | (r->bars[i] & in->filled[i]);
	return wrong != 0;
}

bool reader_rule_match(const struct reader_rule *r, const char *data, const struct reading *in,
		       struct event *ev, struct reader_miss *m)
{
	struct event values;
	uint32_t all = 0;
	if (m == NULL && differs(r, in))
		return false;
	for (uint32_t i = 0; i < r->count; i++) {
		const struct rule_key *item = &r->items[i];
		uint32_t found;
		struct text t = value_of(item, in).text;
		if (reader_value_fits(&item->value, data, t, &values, &found, NULL)) {
			all |= found;
			continue;
		}
		if (m != NULL)
			keep_miss(r, data, in, m);
		return false;
	}
	if (r->type < 0)
		return true;
	ev->type = r->type;
	rule_fields_copy(ev, &values, all);
	return true;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* What was appended to data since start becomes the value of the key. */
static void put_value(struct reading *out, int key, const struct strbuf *data, size_t start)
{
	struct text t = {.off = (uint32_t)start, .len = (uint32_t)(data->len - start)};
	if (key < 0) {
		out->parts[-1 - key] = t;
		return;
	}
	uint64_t bit = UINT64_C(1) << key % 64;
	out->have[key / 64] &= ~bit;
	out->filled[key / 64] &= ~bit;
	if (t.len > 0)
		reading_put(out, key, t, 0);
}

void reader_rule_example(const struct reader_rule *r, uint32_t seed, struct strbuf *data, struct reading *out)
{
	static const char *const others[] = {"", "", "zq7", "5", "0", "192.0.2.77"};
	reading_reset(out);
	strbuf_addc(data, ' '); /* so that there is a text, whatever follows */
	for (int key = -PART_COUNT; key < (int)r->keys->count; key++) {
		size_t start = data->len;
		strbuf_adds(data, others[next_random(&seed) % (sizeof others / sizeof others[0])]);
		put_value(out, key, data, start);
	}
	for (uint32_t i = 0; i < r->count; i++) {
		const struct rule_key *item = &r->items[i];
		if (item->value.negated)
			continue;
		for (size_t k = 0; k < item->count; k++)
			put_value(out, item->keys[k], data, data->len);
		if (item->value.template == NULL)
			continue;
		size_t start = data->len;
		size_t way = next_random(&seed) % template_ways(item->value.template);
		template_example(item->value.template, way, next_random(&seed) % TEMPLATE_VARIANTS, data);
		uint32_t chosen = item->count > 1 ? next_random(&seed) % item->count : 0;
		put_value(out, item->keys[chosen], data, start);
	}
}

/* "NAME: key `src`", or what the reader calls it. */
static void add_key(const struct reader_miss *m, const char *name, enum reader reader, bool missing,
		    struct strbuf *out)
{
	const struct rule_key *item = &m->rule->items[m->key];
	int len;
	const char *key = item_name(m->rule, item, &len);
	if (item->keys[0] == -1 - PART_FRONT)
		strbuf_printf(out, "%s: the text in front of the first key", name);
	else if (reader == READER_CSV && item->keys[0] >= 0)
		strbuf_printf(out, "%s: column %.*s", name, len, key);
	else
		strbuf_printf(out, "%s: %skey `%.*s`", name, missing ? "the " : "", len, key);
}

uint32_t reader_rule_explain(const struct reader_miss *m, const char *name, enum reader reader,
			     const char *data, const struct reading *in, struct strbuf *out)
{
	const struct rule_key *item = &m->rule->items[m->key];
	struct reading_value v = value_of(item, in);
	struct event values;
	uint32_t found;
	struct strbuf rule = {0};
	add_key(m, name, reader, v.text.len == 0, &rule);
	if (v.text.len == 0) {
		strbuf_printf(out, "%s is missing", rule.data);
	} else if (item->value.template == NULL || item->value.negated) {
		strbuf_printf(out, "%s must %s", rule.data,
			      item->value.negated ? "have another value" : "be empty");
		v.place++;
	} else {
		struct miss inner = {0};
		template_run(item->value.template, data + v.text.off, v.text.len, v.text.off, &values, &found,
			     NULL, &inner);
		inner.rule = rule.data;
		template_explain_value(&inner, v.place, data + v.text.off, v.text.len, out);
		v.place += inner.pos + 1;
	}
	strbuf_free(&rule);
	return v.text.len > 0 ? v.place : 0;
}

static size_t add_span(struct field_span *spans, size_t count, struct field_span span)
{
	size_t at = count;
	for (; at > 0 && spans[at - 1].off > span.off; at--)
		spans[at] = spans[at - 1];
	spans[at] = span;
	return count + 1;
}

size_t reader_rule_spans(const struct reader_rule *r, const char *data, struct text text,
			 const struct reading *in, struct field_span *spans, size_t max)
{
	size_t count = 0;
	for (uint32_t i = 0; i < r->count; i++) {
		struct event values;
		struct template_mark marks[FIELD_COUNT];
		uint32_t found;
		struct text t = value_of(&r->items[i], in).text;
		bool inside = t.off >= text.off && t.off + t.len <= text.off + text.len;
		if (!inside || !reader_value_fits(&r->items[i].value, data, t, &values, &found, marks))
			continue;
		for (; found != 0 && count < max; found &= found - 1) {
			unsigned f = (unsigned)__builtin_ctz(found);
			struct field_span span = {.field = (enum event_field)f,
						  .off = t.off - text.off + marks[f].off,
						  .len = marks[f].len};
			count = add_span(spans, count, span);
		}
	}
	return count;
}
