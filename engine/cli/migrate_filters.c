/* SPDX-License-Identifier: Apache-2.0
 *
 * Preprocessors to filters; see migrate_filters.h. A filter that natmill refuses is left out and told among
 * what is open: without it the output gets more than before.
 */
#include "cli/migrate_filters.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "event/rule_fields.h"
#include "output/filter.h"

/* A copy whose texts natmill.yaml takes as they are. */
static struct node *copy(const struct node *old)
{
	struct node *new = node_new(old->kind, old->source);
	new->line = old->line;
	new->column = old->column;
	new->plain = old->plain;
	if (old->kind == NODE_SCALAR)
		new->text = migrate_text(old->text);
	for (size_t i = 0; i < old->n; i++)
		node_append(new, old->kind == NODE_MAP ? copy(old->keys[i]) : NULL, copy(old->items[i]));
	return new;
}

/* Fields that only the old consumer's events had, such as direction, hide nothing: they go out of the list.
 */
static void drop_unknown_keys(struct migrate_plan *p, struct node *arguments)
{
	struct node *keys = node_get(arguments, "keys");
	for (size_t i = keys != NULL && keys->kind == NODE_LIST ? keys->n : 0; i-- > 0;) {
		const struct node *key = keys->items[i];
		if (key->kind != NODE_SCALAR || strcmp(key->text, "type") == 0 ||
		    rule_field_of(key->text, strlen(key->text), NULL) >= 0)
			continue;
		migrate_note(p, key, "filter_keys: no event has a field %.60s; left out of the list",
			     key->text);
		node_remove(keys, i);
	}
}

/* Python takes True and yes for true. */
static void spell_flag(struct node *arguments)
{
	struct node *flag = node_get(arguments, "ignore_none");
	static const char *const yes[] = {"true", "yes", "on"};
	static const char *const no[] = {"false", "no", "off"};
	for (size_t i = 0; flag != NULL && flag->kind == NODE_SCALAR && i < 3; i++) {
		bool is_yes = strcasecmp(flag->text, yes[i]) == 0;
		if (!is_yes && strcasecmp(flag->text, no[i]) != 0)
			continue;
		free(flag->text);
		flag->text = xstrdup(is_yes ? "true" : "false");
	}
}

/* Does the list, as it is now, hide what tables need? */
static const char *hides_needed(const struct filter *f)
{
	uint32_t hidden = f != NULL ? filter_hides(f) : 0;
	for (int i = 0; i < FIELD_COUNT; i++)
		if ((hidden >> i & 1) != 0 && event_fields[i].required != 0)
			return event_fields[i].name;
	return NULL;
}

/* Keeps the last entry of the list if natmill takes it. */
static void settle(struct migrate_plan *p, struct node *list, const struct node *old, const char *name,
		   bool tables)
{
	struct errlist errs = {0};
	struct filter *f = filter_new(list, &errs);
	const char *needed = tables ? hides_needed(f) : NULL;
	if (f == NULL) {
		const char *why = errs.n > 0 ? strstr(errs.items[0].msg, ": filters: ") : NULL;
		migrate_open(p, old, "filter %.60s is not carried over, the output gets more than before: %s",
			     name, why != NULL ? why + strlen(": filters: ") : "it is empty");
		node_remove(list, list->n - 1);
	} else if (needed != NULL) {
		migrate_note(
			p, old,
			"%.60s is not carried over: it hides %s, which the tables need; the old consumer "
			"fails at each event with it",
			name, needed);
		node_remove(list, list->n - 1);
	}
	filter_free(f);
	errlist_free(&errs);
}

static void take_one(struct migrate_plan *p, const struct node *old, struct node *list, bool tables)
{
	const struct node *name = node_get(old, "name");
	const struct node *arguments = node_get(old, "arguments");
	if (old->kind != NODE_MAP || name == NULL || name->kind != NODE_SCALAR) {
		migrate_wrong(p, old,
			      "a preprocessor must be a map with a name: the old consumer does not start");
		return;
	}
	for (size_t i = 0; i < old->n; i++)
		if (old->items[i] != name && old->items[i] != arguments)
			migrate_open(p, old->keys[i],
				     "%.80s is not known in a preprocessor and is not carried over",
				     old->keys[i]->text);
	struct node *entry = node_new(NODE_MAP, list->source);
	struct node *key = node_scalar(old->source, name->text, strlen(name->text));
	struct node *given = arguments != NULL ? copy(arguments) : node_new(NODE_MAP, old->source);
	if (given->kind == NODE_MAP) {
		drop_unknown_keys(p, given);
		spell_flag(given);
	}
	key->line = given->line = old->line;
	key->column = given->column = old->column;
	node_append(entry, key, given);
	node_append(list, NULL, entry);
	settle(p, list, old, name->text, tables);
}

void migrate_filters(struct migrate_plan *p, const struct node *old, struct node *new, bool tables)
{
	if (old == NULL || node_is_null(old))
		return;
	if (old->kind != NODE_LIST) {
		migrate_wrong(p, old,
			      "preprocessors must be a list: the old consumer does not start with it");
		return;
	}
	struct node *list = node_new(NODE_LIST, new->source);
	for (size_t i = 0; i < old->n; i++)
		take_one(p, old->items[i], list, tables);
	if (list->n > 0)
		migrate_put_node(new, "filters", list);
	else
		node_free(list);
}
