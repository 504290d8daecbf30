/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of the output `file` as CSV: a column for each field, in the order of the table of fields, quoted as
 * RFC 4180 says where a value has a quote, a comma or a line break. An absent field is empty.
 */
#include <string.h>

#include "outputs/file.h"

void file_csv_head(struct strbuf *out)
{
	strbuf_adds(out, "type");
#define X(name, kind, required, allowed, help) strbuf_adds(out, "," #name);
	EVENT_FIELDS(X)
#undef X
	strbuf_addc(out, '\n');
}

static void add_text(struct strbuf *out, const char *text, size_t n)
{
	bool plain = true;
	for (size_t i = 0; i < n && text != NULL && plain; i++)
		plain = text[i] != '"' && text[i] != ',' && text[i] != '\n' && text[i] != '\r';
	if (text == NULL)
		return;
	if (plain) {
		strbuf_add(out, text, n);
		return;
	}
	strbuf_addc(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			strbuf_addc(out, '"');
		strbuf_addc(out, text[i]);
	}
	strbuf_addc(out, '"');
}

void file_csv_line(const struct event *ev, const char *arena, uint32_t arena_len, struct strbuf *out)
{
	const char *type = event_type_json(ev->type);
	strbuf_adds(out, type != NULL ? type : "unknown");
	for (enum event_field f = 0; f < FIELD_COUNT; f++) {
		strbuf_addc(out, ',');
		if (event_fields[f].kind == KIND_TEXT) {
			const struct text *t = (const void *)((const char *)ev + event_fields[f].offset);
			add_text(out, event_text(*t, arena, arena_len), t->len);
		} else {
			event_value(ev, f, arena, arena_len, out);
		}
	}
	strbuf_addc(out, '\n');
}
