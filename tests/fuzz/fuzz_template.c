/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: the first line of the input is a template, the rest the text. What does not compile must say
 * why; what compiles must answer the same twice, with and without a miss to fill in, and mark places in the
 * text. Corpus: corpus/template/.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/template.h"

#define TYPES (EVENT_TYPE_COUNT + 1) /* and lines to be ignored */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vocabulary *words(void)
{
	static struct vocabulary v;
	if (v.action_count > 0)
		return &v;
	vocabulary_init(&v);
	v.zone_s = 0;
	vocabulary_add_action(&v, "A", "created", NULL);
	vocabulary_add_action(&v, "D", "deleted", NULL);
	vocabulary_add_action(&v, "NEW CONN", "created", NULL);
	vocabulary_add_protocol(&v, "OTHER", 0, NULL);
	return &v;
}

static void must(int truth)
{
	if (!truth)
		abort();
}

static void same(const struct event *a, const struct event *b, uint32_t n)
{
	for (int f = 0; f < FIELD_COUNT; f++)
		must(event_has(a, (enum event_field)f) == event_has(b, (enum event_field)f));
	const struct text texts[] = {a->vrf_id, a->host_name, a->subscriber};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		must(texts[i].len <= EVENT_TEXT_MAX && texts[i].off + texts[i].len <= n);
}

static void run(const struct template *t, int type, const char *text, size_t n)
{
	struct field_span spans[FIELD_COUNT];
	struct event first;
	struct event second;
	struct miss m = {0};
	event_clear(&first);
	event_clear(&second);
	bool matched = template_match(t, text, n, 0, &first, NULL);
	must(template_match(t, text, n, 0, &second, &m) == matched);
	same(&first, &second, (uint32_t)n);
	size_t count = template_spans(t, text, n, spans, FIELD_COUNT);
	if (matched) {
		must(first.type == type);
		for (size_t i = 0; i < count; i++)
			must(spans[i].len > 0 && spans[i].off + spans[i].len <= n);
		for (int f = 0; f < FIELD_COUNT; f++)
			must(type < 0 || f == FIELD_timestamp || (template_always(t) >> f & 1) == 0 ||
			     event_has(&first, (enum event_field)f));
		return;
	}
	struct strbuf out;
	must(count == 0 && m.set && m.pos <= n);
	strbuf_init(&out);
	template_explain(&m, text, n, &out);
	must(out.len > 0 && memchr(out.data, '\0', out.len) == NULL);
	strbuf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	const char *end = size > 0 ? memchr(line, '\n', size) : NULL;
	if (end == NULL || size > 8192)
		return 0;
	size_t n = (size_t)(end - line);
	/* A copy of its own, so that reading beyond the text is seen. */
	size_t rest = size - n - 1;
	char *text = malloc(rest > 0 ? rest : 1);
	memcpy(text, end + 1, rest);
	for (int type = EVENT_ABSENT; type < TYPES - 1; type++) {
		struct err e = {0};
		struct template *t = template_compile(line, n, type, words(), &e);
		must(t != NULL || e.msg[0] != '\0');
		if (t != NULL)
			run(t, type, text, rest);
		template_free(t);
	}
	free(text);
	return 0;
}
