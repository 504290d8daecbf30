/* SPDX-License-Identifier: Apache-2.0
 *
 * What a database column of an event table can be filled from: an event field, or a part of the event's
 * identity. Sources count from 0: first the fields in the order of the field table, then the identity. For
 * outputs that write tables.
 */
#ifndef NATMILL_OUTPUT_SOURCE_H
#define NATMILL_OUTPUT_SOURCE_H

#include <stdbool.h>

#include "event/event.h"

enum source_identity {
	SOURCE_TOPIC = FIELD_COUNT,
	SOURCE_PARTITION,
	SOURCE_OFFSET,
	SOURCE_INDEX, /* place among the events of the message */
	SOURCE_COUNT
};

/* The column's name in tables that natmill makes. Static. */
const char *source_name(unsigned source);

/* The source of a column by its name, in any case; SOURCE_COUNT if no event of that type has it. `index` is
 * known as `idx` too. */
unsigned source_find(const char *column, int type);

/* The same name as the column spells it: "index" stays "index". Static. */
const char *source_spelling(unsigned source, const char *column);

/* Has an event of that type the source at all? */
bool source_allowed(unsigned source, int type);

/* Has every event of that type it? */
bool source_required(unsigned source, int type);

#endif
