/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands of the output `redis`, encoded into one buffer that is kept: arrays of strings with their lengths,
 * as the protocol has them. hiredis would allocate each.
 */
#include "outputs/redis.h"

#include <stdio.h>
#include <string.h>

#include "event/batch.h"
#include "output/event_id.h"

static const char identity[] = "identity";

int redis_plan_keys(struct redis *s, struct err *e)
{
	const struct redis_options *o = s->options;
	s->key_field = REDIS_KEY_IDENTITY;
	if (strcmp(o->key_field, identity) != 0) {
		s->key_field = event_field_of(o->key_field, strlen(o->key_field));
		if (s->key_field < 0)
			return err_set(e, ERR_CONFIG,
				       "key_field: '%s' is no field of an event, nor 'identity'",
				       o->key_field);
	}
	if (o->key_ttl > 0) {
		char seconds[24];
		int digits = snprintf(seconds, sizeof seconds, "%lld", (long long)o->key_ttl);
		snprintf(s->ttl, sizeof s->ttl, "$2\r\nEX\r\n$%d\r\n%s\r\n", digits, seconds);
	}
	s->ttl_len = strlen(s->ttl);
	return by_type_fill(&s->prefixes, o->key_prefix, ':', &o->key_prefixes, "key_prefixes", e);
}

/* "$5" and a line end: the sign of what is counted, and the number. */
static void add_count(struct strbuf *out, char sign, size_t n)
{
	strbuf_addc(out, sign);
	strbuf_add_int(out, (int64_t)n);
	strbuf_add(out, "\r\n", 2);
}

static void add_string(struct strbuf *out, const char *text, size_t n)
{
	add_count(out, '$', n);
	strbuf_add(out, text, n);
	strbuf_add(out, "\r\n", 2);
}

void redis_add_command(struct redis *s, const char *const *words, size_t n)
{
	add_count(&s->out, '*', n);
	for (size_t i = 0; i < n; i++)
		add_string(&s->out, words[i], strlen(words[i]));
	s->awaited++;
}

static bool add_field(struct strbuf *key, const struct batch *b, const struct event *ev, int field)
{
	return event_value(ev, (enum event_field)field, b->arena.data, b->arena.len, key);
}

/* "cgnat:events:sessionmapping:10.0.0.1". An event without the field, and with src_ip filtered away, still
 * has its identity. */
static void make_key(struct redis *s, const struct batch *b, const struct event *ev)
{
	const char *prefix = s->prefixes.names[ev->type];
	strbuf_reset(&s->key);
	strbuf_add(&s->key, prefix, strlen(prefix));
	strbuf_addc(&s->key, ':');
	if (s->key_field >= 0 && add_field(&s->key, b, ev, s->key_field))
		return;
	if (s->key_field < 0 || !add_field(&s->key, b, ev, FIELD_src_ip))
		event_id_add(&s->key, s->env->cluster_id, b, ev);
}

void redis_add_set(struct redis *s, const struct batch *b, const struct event *ev)
{
	static const char plain[] = "*3\r\n$3\r\nSET\r\n";
	static const char with_ttl[] = "*5\r\n$3\r\nSET\r\n";
	make_key(s, b, ev);
	strbuf_reset(&s->value);
	event_json(ev, b->arena.data, b->arena.len, &s->value);
	strbuf_add(&s->out, s->ttl_len > 0 ? with_ttl : plain, sizeof plain - 1);
	add_string(&s->out, s->key.data, s->key.len);
	add_string(&s->out, s->value.data, s->value.len);
	strbuf_add(&s->out, s->ttl, s->ttl_len);
	s->awaited++;
}
