/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and rules of what columns are filled from; see source.h.
 */
#include "output/source.h"

#include <strings.h>

static const char *const identity_names[] = {"topic", "partition", "offset", "idx"};
static const char other_index[] = "index";

const char *source_name(unsigned source)
{
	return source < FIELD_COUNT ? event_fields[source].name : identity_names[source - FIELD_COUNT];
}

unsigned source_find(const char *column, int type)
{
	for (unsigned i = 0; i < SOURCE_COUNT; i++)
		if (source_allowed(i, type) && strcasecmp(source_name(i), column) == 0)
			return i;
	return strcasecmp(column, other_index) == 0 ? SOURCE_INDEX : SOURCE_COUNT;
}

const char *source_spelling(unsigned source, const char *column)
{
	return source == SOURCE_INDEX && strcasecmp(column, other_index) == 0 ? other_index
									      : source_name(source);
}

bool source_allowed(unsigned source, int type)
{
	return source >= FIELD_COUNT || (event_fields[source].allowed & (1u << type)) != 0;
}

bool source_required(unsigned source, int type)
{
	return source >= FIELD_COUNT || (event_fields[source].required & (1u << type)) != 0;
}
