/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks an output which events it has; see known.h.
 */
#include "stream/known.h"

#include <stdlib.h>

#include "base/strbuf.h"

void known_leave_out(struct sink *s, enum output_identity least, const struct batch *b, uint32_t *pick,
		     size_t *n, struct output_result *r)
{
	enum output_identity kept;
	size_t left = 0;
	output_ok(r, 0);
	if (s->type->known == NULL || *n == 0)
		return;
	s->type->identity(s->out, &kept, r);
	if (r->verdict != OUTPUT_OK || kept < least)
		return;
	bool *there = xcalloc(*n, sizeof *there);
	struct output_range range = {.batch = b, .pick = pick, .n = *n};
	s->type->known(s->out, &range, there, r);
	if (r->verdict == OUTPUT_OK) {
		for (size_t i = 0; i < *n; i++)
			if (!there[i])
				pick[left++] = pick[i];
		*n = left;
	}
	free(there);
}
