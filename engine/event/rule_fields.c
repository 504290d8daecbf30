/* SPDX-License-Identifier: Apache-2.0
 *
 * Field names and checks that templates and regexes share; see rule_fields.h. Called at load only.
 */
#include "event/rule_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"

const char *rule_field_name(enum event_field f)
{
	return f == FIELD_event ? "action" : event_fields[f].name;
}

static int unknown_field(const char *given, struct err *e)
{
	const char *names[FIELD_COUNT];
	char all[ERR_MSG_MAX / 2] = "";
	size_t used = 0;
	for (int f = 0; f < FIELD_COUNT; f++)
		names[f] = rule_field_name((enum event_field)f);
	const char *near = near_name(given, names, FIELD_COUNT);
	if (near != NULL)
		return err_set(e, ERR_SCRIPT, "unknown field \"%s\": did you mean %s?", given, near);
	for (int f = 0; f < FIELD_COUNT && used < sizeof(all); f++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", f > 0 ? ", " : "", names[f]);
	return err_set(e, ERR_SCRIPT, "unknown field \"%s\": use one of %s", given, all);
}

int rule_field_of(const char *name, size_t n, struct err *e)
{
	if (n == strlen("action") && memcmp(name, "action", n) == 0)
		return FIELD_event;
	int field = event_field_of(name, n);
	if (field >= 0)
		return field;
	char given[NEAR_MAX + 1];
	snprintf(given, sizeof(given), "%.*s", (int)(n < sizeof(given) ? n : sizeof(given) - 1), name);
	return unknown_field(given, e);
}

int rule_fields_check(uint32_t fields, int type, struct err *e)
{
	const uint32_t elsewhere =
		UINT32_C(1) << FIELD_timestamp | UINT32_C(1) << FIELD_host | UINT32_C(1) << FIELD_event;
	if (type < 0)
		return 0;
	const char *name = event_type_script(type);
	const char *article = strchr("aeiou", name[0]) != NULL ? "an" : "a";
	for (int f = 0; f < FIELD_COUNT; f++) {
		bool set = (fields >> f & 1) != 0;
		if (set && (event_fields[f].allowed >> type & 1) == 0)
			return err_set(e, ERR_SCRIPT, "%s %s has no {%s}: skip that part of the text",
				       article, name, rule_field_name((enum event_field)f));
		if (!set && (event_fields[f].required >> type & 1) != 0 && (elsewhere >> f & 1) == 0)
			return err_set(e, ERR_SCRIPT, "%s %s needs {%s}", article, name,
				       rule_field_name((enum event_field)f));
	}
	return 0;
}
