/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiles a list of filters; see filter.h. Names and meanings are those of the cgn-ec suite's preprocessors,
 * and natmill's own; an unknown name or argument is refused with its place and the nearest one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "base/strbuf.h"
#include "event/rule_fields.h"
#include "event/vocabulary.h"
#include "output/filter_rules.h"

#define ONE_IN_MAX 1000000

struct parser {
	struct filter *f;
	struct errlist *errs;
};

typedef void parse_fn(struct parser *p, const struct node *arguments, struct filter_rule *rule);

static void refuse(struct parser *p, const struct node *node, const char *what)
{
	char where[NODE_WHERE_MAX];
	errlist_add(p->errs, ERR_CONFIG, "%s: filters: %s", node_where(node, where), what);
}

/* The argument of that name; all others than the two given are refused. */
static const struct node *argument(struct parser *p, const struct node *map, const char *name,
				   const char *other)
{
	char what[ERR_MSG_MAX];
	for (size_t i = 0; map->kind == NODE_MAP && i < map->n; i++) {
		const char *key = map->keys[i]->text;
		if (strcmp(key, name) == 0 || (other != NULL && strcmp(key, other) == 0))
			continue;
		snprintf(what, sizeof what, "has no argument '%.60s'; write { %s%s%s }", key, name,
			 other != NULL ? ", " : "", other != NULL ? other : "");
		refuse(p, map->keys[i], what);
	}
	const struct node *found = node_get(map, name);
	if (found == NULL) {
		snprintf(what, sizeof what, "lacks the argument '%s'", name);
		refuse(p, map, what);
	}
	return found;
}

/* A field by the name it has in JSON ("event") or in scripts ("action"), or "type". -1 when refused. */
static int field_of(struct parser *p, const struct node *node)
{
	struct err e;
	if (node->kind != NODE_SCALAR || node_is_null(node)) {
		refuse(p, node, "expected the name of a field");
		return -1;
	}
	if (strcmp(node->text, "type") == 0)
		return FILTER_TYPE;
	int field = rule_field_of(node->text, strlen(node->text), &e);
	if (field < 0)
		refuse(p, node, e.msg);
	return field;
}

static struct filter_check *new_check(struct filter_rule *rule)
{
	rule->checks = xrealloc(rule->checks, (rule->count + 1) * sizeof *rule->checks);
	struct filter_check *c = &rule->checks[rule->count++];
	memset(c, 0, sizeof *c);
	event_clear(&c->value);
	return c;
}

/* "session-mapping" as in JSON, or "session_mapping". */
static int type_of(const char *text)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		if (strcmp(text, event_type_json(type)) == 0)
			return type;
	return event_type_of(text);
}

static void add_equal(struct parser *p, struct filter_rule *rule, const struct node *key,
		      const struct node *value)
{
	char expects[256];
	char what[ERR_MSG_MAX];
	struct vocabulary words;
	int field = field_of(p, key);
	if (field < 0)
		return;
	struct filter_check *c = new_check(rule);
	c->field = (uint8_t)field;
	if (value->kind != NODE_SCALAR || node_is_null(value)) {
		refuse(p, value, "expected a value");
		return;
	}
	if (field == FILTER_TYPE) {
		c->value.type = type_of(value->text);
		if (c->value.type < 0)
			refuse(p, value, "expected a type of event, such as session-mapping");
		return;
	}
	if (event_fields[field].kind == KIND_TEXT) {
		c->text = xstrdup(value->text);
		return;
	}
	vocabulary_init(&words);
	bool number = field == FIELD_event && value->text[0] >= '1' && value->text[0] <= '3' &&
		      value->text[1] == '\0';
	if (number)
		c->value.event = value->text[0] - '0';
	else if (vocabulary_parse(&words, (enum event_field)field, value->text, strlen(value->text), 0,
				  &c->value) != 0) {
		snprintf(what, sizeof what, "%.60s must be %s, is '%.60s'", key->text,
			 vocabulary_expects(&words, (enum event_field)field, expects, sizeof expects),
			 value->text);
		refuse(p, value, what);
	}
}

static void parse_kv(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	const struct node *key = argument(p, arguments, "key", "value");
	const struct node *value = argument(p, arguments, "value", "key");
	if (key != NULL && value != NULL)
		add_equal(p, rule, key, value);
}

static void parse_kv_values(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	const struct node *key = argument(p, arguments, "key", "values");
	const struct node *values = argument(p, arguments, "values", "key");
	if (values != NULL && values->kind != NODE_LIST)
		refuse(p, values, "expected a list of values");
	for (size_t i = 0; key != NULL && values != NULL && values->kind == NODE_LIST && i < values->n; i++)
		add_equal(p, rule, key, values->items[i]);
}

static void parse_kvs(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	const struct node *kvs = argument(p, arguments, "kvs", NULL);
	if (kvs != NULL && kvs->kind != NODE_MAP)
		refuse(p, kvs, "expected a map of fields and values");
	for (size_t i = 0; kvs != NULL && kvs->kind == NODE_MAP && i < kvs->n; i++)
		add_equal(p, rule, kvs->keys[i], kvs->items[i]);
}

/* An absent field is none in natmill: with ignore_none = false, which asks for the key and not for a value,
 * nothing is left to ask. */
static void parse_exists(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	const struct node *key = argument(p, arguments, "key", "ignore_none");
	const struct node *ignore_none = node_get(arguments, "ignore_none");
	int field = key != NULL ? field_of(p, key) : -1;
	bool no = ignore_none != NULL && ignore_none->kind == NODE_SCALAR &&
		  strcmp(ignore_none->text, "false") == 0;
	if (ignore_none != NULL && !no &&
	    (ignore_none->kind != NODE_SCALAR || strcmp(ignore_none->text, "true") != 0))
		refuse(p, ignore_none, "ignore_none must be true or false");
	if (field < 0 || no)
		return;
	struct filter_check *c = new_check(rule);
	c->field = (uint8_t)field;
	c->exists = true;
}

static void parse_keys(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	const struct node *keys = argument(p, arguments, "keys", NULL);
	uint32_t kept = 0;
	(void)rule;
	if (keys != NULL && (keys->kind != NODE_LIST || keys->n == 0))
		refuse(p, keys, "expected a list of fields");
	for (size_t i = 0; keys != NULL && keys->kind == NODE_LIST && i < keys->n; i++) {
		int field = field_of(p, keys->items[i]);
		if (field >= 0 && field < FIELD_COUNT)
			kept |= UINT32_C(1) << field;
	}
	p->f->hides |= ~kept & ((UINT32_C(1) << FIELD_COUNT) - 1);
}

static void parse_destination(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	(void)rule;
	if (!node_is_null(arguments) && !(arguments->kind == NODE_MAP && arguments->n == 0))
		refuse(p, arguments, "drop_destination takes no arguments: write { drop_destination: }");
	p->f->hides |= UINT32_C(1) << FIELD_dst_ip | UINT32_C(1) << FIELD_dst_port;
}

static void parse_sample(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	const struct node *one_in = argument(p, arguments, "one_in", NULL);
	char *end = NULL;
	long n = one_in != NULL && one_in->kind == NODE_SCALAR ? strtol(one_in->text, &end, 10) : 0;
	if (one_in != NULL && (end == NULL || *end != '\0' || n < 1 || n > ONE_IN_MAX))
		refuse(p, one_in, "one_in must be a number from 1 to 1000000");
	rule->one_in = n > 0 ? (uint32_t)n : 1;
}

static void parse_script(struct parser *p, const struct node *arguments, struct filter_rule *rule)
{
	const struct node *file = argument(p, arguments, "file", NULL);
	if (file == NULL)
		return;
	if (file->kind != NODE_SCALAR || node_is_null(file) || file->text[0] == '\0')
		refuse(p, file, "expected the path of a Lua file");
	else
		rule->path = xstrdup(file->text);
}

static const struct {
	const char *name;
	const char *arguments;
	const char *help;
	enum filter_kind kind;
	parse_fn *parse;
} filters[] = {
	{"match_kv", "key, value", "keeps events that have this value", FILTER_ALL, parse_kv},
	{"match_kvs", "kvs", "keeps events that have all these values", FILTER_ALL, parse_kvs},
	{"key_exists", "key, ignore_none = true", "keeps events that have the field", FILTER_ALL,
	 parse_exists},
	{"exclude_by_kv", "key, value", "drops events that have this value", FILTER_NONE, parse_kv},
	{"exclude_by_kv_values", "key, values", "drops events that have one of these values", FILTER_NONE,
	 parse_kv_values},
	{"exclude_by_kvs", "kvs", "drops events that have any of these values", FILTER_NONE, parse_kvs},
	{"filter_keys", "keys", "the output sees only these fields", FILTER_ALL, parse_keys},
	{"drop_destination", "", "the output does not see dst_ip and dst_port (RFC 6888, REQ-12)", FILTER_ALL,
	 parse_destination},
	{"sample_by_subscriber", "one_in",
	 "keeps all events of one in so many subscribers, the same everywhere; without a "
	 "subscriber the inside address counts, so sample where all lines name him or none does",
	 FILTER_SAMPLE, parse_sample},
	{"lua", "file",
	 "keeps events for which the function in this file says true, after all other filters of the list: "
	 "`return function(event) return event.vrf_id ~= \"lab\" end`. One that raises makes a dead letter",
	 FILTER_SCRIPT, parse_script},
};

#define FILTERS (sizeof filters / sizeof *filters)

const char *filter_name(int i, const char **arguments, const char **help)
{
	if (i < 0 || (size_t)i >= FILTERS)
		return NULL;
	*arguments = filters[i].arguments;
	*help = filters[i].help;
	return filters[i].name;
}

static void unknown(struct parser *p, const struct node *key)
{
	const char *names[FILTERS];
	char what[ERR_MSG_MAX];
	for (size_t i = 0; i < FILTERS; i++)
		names[i] = filters[i].name;
	const char *near = near_name(key->text, names, FILTERS);
	if (near != NULL)
		snprintf(what, sizeof what, "there is no '%.60s'; did you mean %s?", key->text, near);
	else
		snprintf(what, sizeof what, "there is no '%.60s'; docs/configuration.md lists them",
			 key->text);
	refuse(p, key, what);
}

static void parse_one(struct parser *p, const struct node *entry)
{
	if (entry->kind != NODE_MAP || entry->n != 1) {
		refuse(p, entry, "write each one as { NAME: { ARGUMENTS } }");
		return;
	}
	size_t i = 0;
	while (i < FILTERS && strcmp(filters[i].name, entry->keys[0]->text) != 0)
		i++;
	if (i == FILTERS) {
		unknown(p, entry->keys[0]);
		return;
	}
	p->f->rules = xrealloc(p->f->rules, (p->f->count + 1) * sizeof *p->f->rules);
	struct filter_rule *rule = &p->f->rules[p->f->count++];
	*rule = (struct filter_rule){.kind = filters[i].kind, .hidden = p->f->hides};
	filters[i].parse(p, entry->items[0], rule);
}

struct filter *filter_new(const struct node *list, struct errlist *errs)
{
	struct parser p = {.f = xcalloc(1, sizeof(struct filter)), .errs = errs};
	size_t before = errs->n + errs->more;
	if (list->kind != NODE_LIST)
		refuse(&p, list, "must be a list; begin each entry with '-'");
	for (size_t i = 0; list->kind == NODE_LIST && i < list->n; i++)
		parse_one(&p, list->items[i]);
	if (errs->n + errs->more == before && list->n > 0)
		return p.f;
	filter_free(p.f);
	return NULL;
}
