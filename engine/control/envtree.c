/* SPDX-License-Identifier: Apache-2.0
 *
 * All NATMILL_... variables, in an order that does not depend on the environment's; see envtree.h.
 */
#include "control/envtree.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "base/strbuf.h"
#include "control/overlay.h"

static void upper_to(char *to, const char *from)
{
	for (; *from != '\0'; from++)
		*to++ = *from >= 'a' && *from <= 'z' ? (char)(*from - ('a' - 'A')) : *from;
	*to = '\0';
}

const char *envtree_name(const struct section *section, const char *index, const char *option,
			 char buf[ENV_NAME_MAX])
{
	bool under = section->name[0] != '\0' && (index != NULL || option != NULL);
	char raw[ENV_NAME_MAX];
	snprintf(raw, sizeof raw, "%s%s%s%s%s", section->name, under ? "_" : "", index != NULL ? index : "",
		 index != NULL && option != NULL ? "_" : "", option != NULL ? option : "");
	char up[ENV_NAME_MAX];
	upper_to(up, raw);
	snprintf(buf, ENV_NAME_MAX, ENV_PREFIX "%.*s", (int)(ENV_NAME_MAX - sizeof ENV_PREFIX), up);
	return buf;
}

/* Kubernetes gives every container variables for the services of its namespace; one named "natmill" or
 * "natmill-..." takes our prefix. */
static bool is_service_link(const struct variable *v)
{
	bool address = strncmp(v->value, "tcp://", 6) == 0 || strncmp(v->value, "udp://", 6) == 0;
	return strstr(v->name, "_SERVICE_HOST") != NULL || strstr(v->name, "_SERVICE_PORT") != NULL ||
	       strstr(v->name, "_TCP_") != NULL || strstr(v->name, "_UDP_") != NULL ||
	       (address && strstr(v->name, "_PORT") != NULL);
}

static bool is_allowed(const char *name, const char *const *allowed)
{
	for (; allowed != NULL && *allowed != NULL; allowed++)
		if (strcmp(name, *allowed) == 0)
			return true;
	return false;
}

static void add_names(struct texts *out, const struct section *s, const char *index,
		      const struct option *rows)
{
	static const struct option list = {.name = "names", .type = OPTION_TEXTS};
	char buf[ENV_NAME_MAX];
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++) {
		option_add(&list, out, envtree_name(s, index, row->name, buf));
		if (row->type != OPTION_SECRET)
			continue;
		char file[ENV_NAME_MAX];
		snprintf(file, sizeof file, "%.200s_file", row->name);
		option_add(&list, out, envtree_name(s, index, file, buf));
	}
}

/* Every variable there is; in a list the entry is called as in the unknown name, so that only its own
 * mistake counts as distance. */
static void add_section(struct texts *out, const struct section *s, const char *index)
{
	static const struct option list = {.name = "names", .type = OPTION_TEXTS};
	char buf[ENV_NAME_MAX];
	if (s->kind == SECTION_NAMED || s->kind == SECTION_LIST)
		option_add(&list, out, envtree_name(s, NULL, NULL, buf));
	if (s->kind == SECTION_NAMED)
		return;
	index = s->kind == SECTION_LIST ? index : NULL;
	add_names(out, s, index, s->rows);
	if (s->types == NULL)
		return;
	option_add(&list, out, envtree_name(s, index, "type", buf));
	for (const struct section_type *t = s->types; t->name != NULL; t++)
		add_names(out, s, index, t->rows);
}

static void refuse_unknown(const struct section *sections, const struct variable *v, struct errlist *errs)
{
	struct texts all = {0};
	char index[8] = "0";
	size_t at = strcspn(v->rest, "0123456789");
	size_t digits = strspn(v->rest + at, "0123456789");
	if (digits > 0 && digits < sizeof index)
		snprintf(index, sizeof index, "%.*s", (int)digits, v->rest + at);
	for (const struct section *s = sections; s->name != NULL; s++)
		add_section(&all, s, index);
	const char *near = near_name(v->name, (const char *const *)all.items, all.n);
	if (near == NULL)
		errlist_add(errs, ERR_CONFIG,
			    "%.120s: unknown environment variable; natmill run --help lists the options",
			    v->name);
	else if (strcmp(near, v->name) == 0) /* an option, but not of the type that is there */
		errlist_add(errs, ERR_CONFIG, "%.120s: the type given there has no such option", v->name);
	else
		errlist_add(errs, ERR_CONFIG, "%.120s: unknown environment variable; did you mean %s?",
			    v->name, near);
	static const struct option rows[] = {{.name = "names", .type = OPTION_TEXTS}, {0}};
	option_free(rows, &all);
}

/* A list comes before its entries, a type before what depends on it. */
static int rank(const struct section *sections, const struct variable *v)
{
	for (const struct section *s = sections; s->name != NULL; s++)
		if (strcmp(s->name, v->rest) == 0)
			return 0;
	size_t len = strlen(v->rest);
	return len > 5 && strcmp(v->rest + len - 5, "_type") == 0 ? 1 : 2;
}

static int by_name(const void *a, const void *b)
{
	const struct variable *x = a;
	const struct variable *y = b;
	return strverscmp(x->name, y->name); /* entry 10 comes after entry 9 */
}

/* The option's name in lower case; "" for a name that no option can have. */
static void set_rest(struct variable *v)
{
	const char *from = v->name + strlen(ENV_PREFIX);
	size_t len = strlen(from);
	bool possible = len < sizeof v->rest;
	for (size_t i = 0; possible && i <= len; i++) {
		possible = from[i] < 'a' || from[i] > 'z';
		v->rest[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] + ('a' - 'A')) : from[i];
	}
	if (!possible)
		v->rest[0] = '\0';
}

static size_t collect(char *const *env, const char *const *allowed, struct texts *names,
		      struct variable **out)
{
	static const struct option list = {.name = "names", .type = OPTION_TEXTS};
	size_t n = 0;
	for (; env != NULL && *env != NULL; env++) {
		const char *value = strchr(*env, '=');
		if (strncmp(*env, ENV_PREFIX, strlen(ENV_PREFIX)) != 0 || value == NULL || value[1] == '\0')
			continue;
		struct strbuf name = {0};
		strbuf_add(&name, *env, (size_t)(value - *env));
		if (!is_allowed(name.data, allowed)) {
			option_add(&list, names, name.data);
			*out = xrealloc(*out, (n + 1) * sizeof **out);
			(*out)[n] = (struct variable){.name = names->items[names->n - 1], .value = value + 1};
			set_rest(&(*out)[n++]);
		}
		strbuf_free(&name);
	}
	return n;
}

void envtree_apply(const struct section *sections, struct node *root, char *const *env,
		   const char *const *allowed, struct texts *names, struct errlist *errs)
{
	struct variable *vars = NULL;
	size_t n = collect(env, allowed, names, &vars);
	if (n > 0)
		qsort(vars, n, sizeof *vars, by_name);
	for (int turn = 0; turn <= 2; turn++)
		for (size_t i = 0; i < n; i++)
			if (rank(sections, &vars[i]) == turn &&
			    !overlay_apply(sections, root, &vars[i], errs) && !is_service_link(&vars[i]))
				refuse_unknown(sections, &vars[i], errs);
	free(vars);
}
