/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled list of filters; made by filter_parse.c, run by filter.c. For these two only.
 */
#ifndef NATMILL_OUTPUT_FILTER_RULES_H
#define NATMILL_OUTPUT_FILTER_RULES_H

#include "output/filter.h"

#define FILTER_TYPE FIELD_COUNT /* instead of a field: the event's type */

enum filter_kind {
	FILTER_ALL,    /* every check holds: the event stays */
	FILTER_NONE,   /* no check holds: the event stays */
	FILTER_SAMPLE, /* one of so many subscribers stays */
	FILTER_SCRIPT, /* a function in Lua says; not asked here */
};

struct filter_check {
	uint8_t field;      /* enum event_field, or FILTER_TYPE */
	bool exists;        /* it is there, whatever its value */
	char *text;         /* value of a text; owned */
	struct event value; /* of all others, in its field */
};

struct filter_rule {
	enum filter_kind kind;
	uint32_t hidden; /* fields that rules before it took away */
	uint32_t one_in; /* of FILTER_SAMPLE */
	char *path;      /* of FILTER_SCRIPT; owned */
	struct filter_check *checks;
	size_t count;
};

struct filter {
	uint32_t hides;
	struct filter_rule *rules;
	size_t count;
};

#endif
