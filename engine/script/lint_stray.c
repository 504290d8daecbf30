/* SPDX-License-Identifier: Apache-2.0
 *
 * Warns of habits from shells and regexes in templates, where they are plain text; see lint.h.
 */
#include "event/stray.h"
#include "script/lint.h"
#include "script/script.h"

static size_t warn(const struct script *s, const struct rule *r, const char *what, struct strbuf *report)
{
	lint_begin(s, r->line, report);
	strbuf_printf(report, "%s: %s\n", r->name, what);
	return 1;
}

size_t lint_stray(const struct script *s, struct strbuf *report)
{
	size_t warnings = 0;
	for (size_t i = 0; i < s->rule_count; i++) {
		const struct rule *r = &s->rules[i];
		const struct stray *stray = r->template != NULL ? template_stray(r->template)
					    : r->keys != NULL   ? reader_rule_stray(r->keys)
								: NULL;
		if (stray != NULL && stray->dollar)
			warnings +=
				warn(s, r,
				     "the $ of ${...} must stand in the line, too; write {...} for a field",
				     report);
		if (stray != NULL && stray->dots)
			warnings +=
				warn(s, r, ".* must stand in the line as it is; write {*} to skip anything",
				     report);
	}
	return warnings;
}
