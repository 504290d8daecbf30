/* SPDX-License-Identifier: Apache-2.0
 *
 * Field names and checks that templates and regexes share; see rule_fields.h. Called at load only.
 */
#include "event/rule_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "event/field_synonym.h"
#include "event/stray.h"

const char *rule_field_name(enum event_field f)
{
	return f == FIELD_event ? "action" : event_fields[f].name;
}

/* All fields in one sentence; a table of their meanings is in docs/vendor-scripts.md. */
#define ALL_FIELDS                                                                                    \
	"src_ip, src_port (inside), x_ip, x_port (outside, public), dst_ip, dst_port (destination), " \
	"start_port, end_port (of a block), action (created, deleted), protocol, timestamp, host "    \
	"(address of the NAT device), host_name, vrf_id, subscriber; {word} and {*} skip what is no field"

static int unknown_field(const char *given, struct err *e)
{
	const char *names[FIELD_COUNT];
	const char *meant = field_synonym(given);
	if (meant != NULL)
		return err_set(e, ERR_SCRIPT, "unknown field \"%s\": did you mean %s? That is: %s", given,
			       meant, event_fields[rule_field_of(meant, strlen(meant), NULL)].help);
	for (int f = 0; f < FIELD_COUNT; f++)
		names[f] = rule_field_name((enum event_field)f);
	const char *near = near_name(given, names, FIELD_COUNT);
	if (near != NULL)
		return err_set(e, ERR_SCRIPT, "unknown field \"%s\": did you mean %s?", given, near);
	return err_set(e, ERR_SCRIPT, "unknown field \"%s\": use one of " ALL_FIELDS, given);
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

int rule_fields_check(uint32_t fields, int type, const struct stray *stray, struct err *e)
{
	const uint32_t elsewhere =
		UINT32_C(1) << FIELD_timestamp | UINT32_C(1) << FIELD_host | UINT32_C(1) << FIELD_event;
	if (type < 0)
		return 0;
	char advice[128];
	const char *name = event_type_script(type);
	const char *article = strchr("aeiou", name[0]) != NULL ? "an" : "a";
	for (int f = 0; f < FIELD_COUNT; f++) {
		bool set = (fields >> f & 1) != 0;
		if (set && (event_fields[f].allowed >> type & 1) == 0)
			return err_set(e, ERR_SCRIPT, "%s %s has no {%s}: skip that part of the text",
				       article, name, rule_field_name((enum event_field)f));
		if (!set && (event_fields[f].required >> type & 1) != 0 && (elsewhere >> f & 1) == 0)
			return err_set(e, ERR_SCRIPT, "%s %s needs {%s}%s", article, name,
				       rule_field_name((enum event_field)f),
				       stray_advice(stray, (enum event_field)f, advice, sizeof(advice)));
	}
	return 0;
}
