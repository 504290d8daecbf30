/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs filters over events; see filter.h. Some loads and compares an event, nothing allocated.
 */
#include "output/filter.h"

#include <stdlib.h>
#include <string.h>

#include "output/filter_rules.h"

void filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++) {
		for (size_t k = 0; k < f->rules[i].count; k++)
			free(f->rules[i].checks[k].text);
		free(f->rules[i].checks);
		free(f->rules[i].path);
	}
	free(f->rules);
	free(f);
}

uint32_t filter_hides(const struct filter *f)
{
	return f->hides;
}

const char *filter_script(const struct filter *f, size_t i, uint32_t *hidden)
{
	for (size_t k = 0; k < f->count; k++)
		if (f->rules[k].kind == FILTER_SCRIPT && i-- == 0) {
			*hidden = f->rules[k].hidden;
			return f->rules[k].path;
		}
	return NULL;
}

static bool same_text(struct text t, const char *value, const char *data, uint32_t len)
{
	const char *text = event_text(t, data, len);
	return text != NULL && strlen(value) == t.len && memcmp(text, value, t.len) == 0;
}

static bool equals(const struct filter_check *c, const struct event *ev, const char *data, uint32_t len)
{
	const char *a = (const char *)ev + event_fields[c->field].offset;
	const char *b = (const char *)&c->value + event_fields[c->field].offset;
	switch (event_fields[c->field].kind) {
	case KIND_TEXT: {
		struct text t;
		memcpy(&t, a, sizeof t);
		return same_text(t, c->text, data, len);
	}
	case KIND_TIME:
		return memcmp(a, b, sizeof(int64_t)) == 0;
	case KIND_IP:
		return memcmp(a, b, sizeof(struct ip)) == 0;
	case KIND_ACTION:
	case KIND_PROTOCOL:
	case KIND_PORT:
		return memcmp(a, b, sizeof(int32_t)) == 0;
	}
	return false;
}

static bool holds(const struct filter_check *c, uint32_t hidden, const struct event *ev, const char *data,
		  uint32_t len)
{
	if (c->field == FILTER_TYPE)
		return c->exists || ev->type == c->value.type;
	if ((hidden >> c->field & 1) != 0 || !event_has(ev, (enum event_field)c->field))
		return false;
	return c->exists || equals(c, ev, data, len);
}

/* FNV-1a, so that each process picks the same subscribers. */
static uint64_t hash(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3;
	return h ^ h >> 32;
}

/* The subscriber is the event's, else the inside address. */
static bool sampled(const struct filter_rule *r, const struct event *ev, const char *data, uint32_t len)
{
	const char *name = event_text(ev->subscriber, data, len);
	uint64_t h = name != NULL ? hash(name, ev->subscriber.len)
				  : hash((const char *)ev->src_ip.bytes, sizeof ev->src_ip.bytes);
	return h % r->one_in == 0;
}

static bool stays(const struct filter_rule *r, const struct event *ev, const char *data, uint32_t len)
{
	if (r->kind == FILTER_SAMPLE)
		return sampled(r, ev, data, len);
	if (r->kind == FILTER_SCRIPT)
		return true;
	bool wanted = r->kind == FILTER_ALL;
	for (size_t i = 0; i < r->count; i++)
		if (holds(&r->checks[i], r->hidden, ev, data, len) != wanted)
			return false;
	return true;
}

bool filter_passes(const struct filter *f, const struct event *ev, const char *data, uint32_t len)
{
	for (size_t i = 0; i < f->count; i++)
		if (!stays(&f->rules[i], ev, data, len))
			return false;
	return true;
}
