/* SPDX-License-Identifier: Apache-2.0
 *
 * Names by the type of event; see by_type.h.
 */
#include "output/by_type.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define WORD_MAX 32

/* "session-mapping" to "sessionmapping"; what is too long for a type stays no type. */
static void to_word(const char *name, char word[WORD_MAX])
{
	size_t n = 0;
	for (; *name != '\0' && n + 1 < WORD_MAX; name++)
		if (*name != '-' && *name != '_')
			word[n++] = (char)tolower((unsigned char)*name);
	word[n] = '\0';
}

static int type_of(const char *name)
{
	char wanted[WORD_MAX];
	char word[WORD_MAX];
	to_word(name, wanted);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		to_word(event_type_json(type), word);
		if (strcmp(word, wanted) == 0)
			return type;
	}
	return -1;
}

void by_type_free(struct by_type *t)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		free(t->names[type]);
		t->names[type] = NULL;
	}
}

static char *join(const char *base, char separator, int type)
{
	struct strbuf name = {0};
	char word[WORD_MAX];
	to_word(event_type_json(type), word);
	strbuf_printf(&name, "%s%c%s", base, separator, word);
	return name.data;
}

int by_type_fill(struct by_type *t, const char *base, char separator, const struct text_map *map,
		 const char *option, struct err *e)
{
	*t = (struct by_type){{NULL}};
	for (size_t i = 0; i < map->n; i++) {
		int type = type_of(map->items[i].key);
		if (type < 0) {
			by_type_free(t);
			return err_set(e, ERR_CONFIG,
				       "%s: '%s' is no type of event; known: session-mapping, port-mapping, "
				       "port-block-mapping, address-mapping",
				       option, map->items[i].key);
		}
		free(t->names[type]);
		t->names[type] = xstrdup(map->items[i].value);
	}
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		if (t->names[type] == NULL)
			t->names[type] = map->n > 0 ? xstrdup(base) : join(base, separator, type);
	return 0;
}
