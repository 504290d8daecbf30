/* SPDX-License-Identifier: Apache-2.0
 *
 * What the contract's cases assert in common; see cases.h.
 */
#include "tests/contract/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"

void cases_assert_stored(struct fixture *f, const struct batch *b)
{
	struct strbuf found = {0};
	struct strbuf expected = {0};
	if (f->driver->forgets)
		return;
	f->driver->read(f, &found);
	if (b != NULL)
		fixture_expect(b, &expected);
	fixture_assert_lines(&found, &expected);
}

void cases_assert_verdict(const struct output_result *r, enum output_verdict verdict)
{
	if (r->verdict != verdict)
		fail_msg("verdict %d instead of %d: %s", (int)r->verdict, (int)verdict, r->why.msg);
	if (verdict != OUTPUT_OK)
		assert_true(r->why.msg[0] != '\0');
}
