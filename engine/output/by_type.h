/* SPDX-License-Identifier: Apache-2.0
 *
 * A name for each type of event: prefixes of keys, routing keys. By default a base with the type's word
 * behind it (`cgnat.events.sessionmapping`); a map of the user's replaces that.
 */
#ifndef NATMILL_OUTPUT_BY_TYPE_H
#define NATMILL_OUTPUT_BY_TYPE_H

#include "base/err.h"
#include "base/option.h"
#include "event/event.h"

struct by_type {
	char *names[EVENT_TYPE_COUNT];
};

/* Fills t, to be freed with by_type_free. map empty: base, separator and "sessionmapping", "portmapping",
 * "portblockmapping", "addressmapping". Else its values, with the types as keys ("session-mapping",
 * "session_mapping" and "sessionmapping" are one), and base for the types it lacks. -1 with e: a key of the
 * map is no type; t then owns nothing. `option` names the map in messages. */
int by_type_fill(struct by_type *t, const char *base, char separator, const struct text_map *map,
		 const char *option, struct err *e);
void by_type_free(struct by_type *t); /* t may be zeroed */

#endif
