/* SPDX-License-Identifier: Apache-2.0
 *
 * What templates and regexes have in common: fields by the names that scripts use, whether a set of fields
 * makes an event, and handing over the values that were read. Nothing is allocated.
 */
#ifndef NATMILL_EVENT_RULE_FIELDS_H
#define NATMILL_EVENT_RULE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct err;

/* Field by the name a script uses (n bytes): as event_field_of, and "action" for the field event. -1 when
 * unknown, with e ending in the nearest name, or in all of them. */
int rule_field_of(const char *name, size_t n, struct err *e);

/* The name a script uses for the field. */
const char *rule_field_name(enum event_field f);

/* May an event of the type (EVENT_ABSENT: no event) have all fields of the set, and has it what it needs?
 * Time, host and action may come from elsewhere: envelope, configuration, the rule. stray: of the rule's
 * text, for advice; may be NULL. 0, or -1 with e. */
struct stray;
int rule_fields_check(uint32_t fields, int type, const struct stray *stray, struct err *e);

/* Copies the fields of the set. A time that lacks year or zone is left out: it must not hide the envelope's.
 */
static inline void rule_fields_copy(struct event *to, const struct event *from, uint32_t fields)
{
	if ((fields & UINT32_C(1) << FIELD_timestamp) != 0 && from->timestamp == EVENT_NO_TIME)
		fields &= ~(UINT32_C(1) << FIELD_timestamp);
#define X(name, kind, required, allowed, help)           \
	if ((fields & UINT32_C(1) << FIELD_##name) != 0) \
		to->name = from->name;
	EVENT_FIELDS(X)
#undef X
}

#endif
