/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in a template and was probably meant otherwise: names of fields without braces, habits of
 * shells and regexes. Found at load, told in errors and by natmill check.
 */
#ifndef NATMILL_EVENT_STRAY_H
#define NATMILL_EVENT_STRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct stray {
	uint32_t bare;    /* sets of fields: named without braces, */
	uint32_t doubled; /* named in doubled ones */
	bool dollar;      /* ${field} */
	bool dots;        /* .* */
};

/* Adds what stands in the template's text (n bytes, as written). */
void stray_find(struct stray *s, const char *text, size_t n);

/* What to add to an error that misses the field: "" or a sentence with ": " in front, static or in room.
 * s may be NULL. */
const char *stray_advice(const struct stray *s, enum event_field f, char *room, size_t size);

#endif
