/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus' text form; see exposition.h.
 */
#include "control/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define LABELS_MAX 8

void exposition_head(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_printf(out, "# HELP %s ", name);
	for (; *help != '\0'; help++) {
		if (*help == '\\')
			strbuf_adds(out, "\\\\");
		else if (*help == '\n')
			strbuf_adds(out, "\\n");
		else
			strbuf_addc(out, *help);
	}
	strbuf_printf(out, "\n# TYPE %s %s\n", name, type);
}

/* Bytes that are no UTF-8 would make the whole page unreadable. */
static void add_value(struct strbuf *out, const char *value)
{
	size_t len = strlen(value);
	for (size_t i = 0; i < len;) {
		size_t step = utf8_sequence(value + i, len - i);
		if (step == 0)
			strbuf_adds(out, "\xef\xbf\xbd");
		else if (value[i] == '"' || value[i] == '\\')
			strbuf_printf(out, "\\%c", value[i]);
		else if (value[i] == '\n')
			strbuf_adds(out, "\\n");
		else
			strbuf_add(out, value + i, step);
		i += step > 0 ? step : 1;
	}
}

static void add_name(struct strbuf *out, const char *name, const char *suffix, const struct label *labels)
{
	strbuf_adds(out, name);
	strbuf_adds(out, suffix);
	for (size_t i = 0; labels != NULL && labels[i].name != NULL; i++) {
		strbuf_printf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
		add_value(out, labels[i].value);
		strbuf_adds(out, labels[i + 1].name == NULL ? "\"}" : "\"");
	}
	strbuf_addc(out, ' ');
}

void exposition_count(struct strbuf *out, const char *name, const struct label *labels, uint64_t value)
{
	add_name(out, name, "", labels);
	strbuf_printf(out, "%" PRIu64 "\n", value);
}

void exposition_us(struct strbuf *out, const char *name, const struct label *labels, int64_t us)
{
	add_name(out, name, "", labels);
	strbuf_printf(out, "%s%" PRId64 ".%06" PRId64 "\n", us < 0 ? "-" : "", (us < 0 ? -us : us) / 1000000,
		      (us < 0 ? -us : us) % 1000000);
}

void exposition_histogram(struct strbuf *out, const char *name, const struct label *labels,
			  const struct exposition_histogram *h)
{
	struct label with_le[LABELS_MAX] = {0};
	char le[32];
	size_t n = 0;
	uint64_t count = 0;
	for (; labels != NULL && labels[n].name != NULL && n < LABELS_MAX - 2; n++)
		with_le[n] = labels[n];
	with_le[n] = (struct label){"le", le};
	for (size_t i = 0; i <= h->n; i++) {
		count += h->counts[i];
		if (i < h->n)
			snprintf(le, sizeof le, "%.10g", (double)h->bounds[i] * h->unit);
		else
			snprintf(le, sizeof le, "+Inf");
		add_name(out, name, "_bucket", with_le);
		strbuf_printf(out, "%" PRIu64 "\n", count);
	}
	add_name(out, name, "_sum", labels);
	strbuf_printf(out, "%.10g\n", (double)h->sum * h->unit);
	add_name(out, name, "_count", labels);
	strbuf_printf(out, "%" PRIu64 "\n", count);
}
