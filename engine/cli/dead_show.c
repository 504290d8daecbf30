/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters as text: a line each, one whole, or JSON; see dead.h. What they hold comes from outside and is
 * never written to a terminal as it is.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/dead.h"
#include "event/timeparse.h"

/* Bytes of a character that may be shown, 0 = it may not. */
static size_t printable(const char *s, size_t n)
{
	size_t step = utf8_sequence(s, n);
	unsigned char c = (unsigned char)s[0];
	bool control = c < 0x20 || c == 0x7f || (step == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0);
	return control ? 0 : step;
}

void dead_add_plain(struct strbuf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t step = printable(text + i, n - i);
		if (step > 0)
			strbuf_add(out, text + i, step);
		else
			strbuf_printf(out, "\\x%02x", (unsigned char)text[i]);
		i += step > 0 ? step : 1;
	}
}

void dead_add_name(struct strbuf *out, const struct dead_key *at)
{
	dead_add_plain(out, at->topic, strlen(at->topic));
	strbuf_printf(out, "/%d/%lld/%u", at->partition, (long long)at->offset, at->record);
}

void dead_add_time(struct strbuf *out, int64_t us)
{
	char text[TIME_TEXT_MAX];
	bool known = us != EVENT_NO_TIME && time_format(us, text) > 0;
	strbuf_adds(out, known ? text : "-");
}

static void add_or_dash(struct strbuf *out, const char *text)
{
	if (text[0] == '\0')
		strbuf_addc(out, '-');
	else
		dead_add_plain(out, text, strlen(text));
}

struct listing {
	const struct dead_request *request;
	struct strbuf line;
};

/* The next column: at that place on a terminal, else behind a tab. */
static void next_column(struct listing *l, size_t place)
{
	if (!l->request->terminal) {
		strbuf_addc(&l->line, '\t');
		return;
	}
	do
		strbuf_addc(&l->line, ' ');
	while (l->line.len < place);
}

static void print_json(void *ctx, const struct stored_letter *letter)
{
	struct listing *l = ctx;
	strbuf_reset(&l->line);
	dead_json(letter, &l->line);
	puts(l->line.data);
}

static void print_row(void *ctx, const struct stored_letter *letter)
{
	struct listing *l = ctx;
	strbuf_reset(&l->line);
	dead_add_name(&l->line, &letter->at);
	next_column(l, 44);
	dead_add_time(&l->line, letter->timestamp != EVENT_NO_TIME ? letter->timestamp : letter->stored_at);
	next_column(l, 72);
	add_or_dash(&l->line, letter->vendor);
	next_column(l, 86);
	add_or_dash(&l->line, letter->at.output);
	next_column(l, 100);
	dead_add_plain(&l->line, letter->reason, strlen(letter->reason));
	puts(l->line.data);
}

static int print_all(const struct dead_stores *stores, const struct dead_request *request, bool json)
{
	struct listing l = {.request = request};
	if (!json && request->terminal)
		printf("%-43s %-27s %-13s %-13s %s\n", "letter", "time", "vendor", "output", "reason");
	int status = dead_each(stores, request, !json, json ? print_json : print_row, &l);
	strbuf_free(&l.line);
	return status;
}

int dead_list(const struct dead_stores *stores, const struct dead_request *request)
{
	return print_all(stores, request, request->json);
}

int dead_export(const struct dead_stores *stores, const struct dead_request *request)
{
	return print_all(stores, request, true);
}

static void print_text(const char *name, const char *text, size_t n)
{
	struct strbuf out = {0};
	if (text == NULL || n == 0)
		return;
	dead_add_plain(&out, text, n);
	printf("%-12s %s\n", name, out.data);
	strbuf_free(&out);
}

static void print_time(const char *name, int64_t us)
{
	struct strbuf out = {0};
	dead_add_time(&out, us);
	printf("%-12s %s\n", name, out.data);
	strbuf_free(&out);
}

struct showing {
	const struct dead_request *request;
	size_t n;
};

static void print_whole(void *ctx, const struct stored_letter *l)
{
	struct showing *s = ctx;
	if (s->n++ > 0)
		putchar('\n');
	print_text("cluster", l->at.cluster, strlen(l->at.cluster));
	print_text("topic", l->at.topic, strlen(l->at.topic));
	printf("%-12s %d\n%-12s %lld\n%-12s %u\n", "partition", l->at.partition, "offset",
	       (long long)l->at.offset, "record", l->at.record);
	if (l->at.output[0] != '\0')
		printf("%-12s %u\n", "event", l->at.index);
	print_text("refused by", l->at.output, strlen(l->at.output));
	print_text("reason", l->reason, strlen(l->reason));
	print_text("vendor", l->vendor, strlen(l->vendor));
	print_text("rule", l->rule, strlen(l->rule));
	if (l->column > 0)
		printf("%-12s %u\n", "column", l->column);
	print_text("script", l->script_hash, strlen(l->script_hash));
	printf("%-12s %u\n", "generation", l->generation);
	print_time("timestamp", l->timestamp);
	print_time("stored at", l->stored_at);
	print_text("key", l->key, l->key_len);
	print_text("headers", l->headers, l->headers != NULL ? strlen(l->headers) : 0);
	print_text("value", l->value, l->len);
}

static void show_json(void *ctx, const struct stored_letter *letter)
{
	struct showing *s = ctx;
	struct listing l = {.request = s->request};
	print_json(&l, letter);
	strbuf_free(&l.line);
	s->n++;
}

int dead_show(const struct dead_stores *stores, const struct dead_request *request)
{
	struct showing s = {.request = request};
	int status = dead_each(stores, request, false, request->json ? show_json : print_whole, &s);
	if (status != 0 || s.n > 0)
		return status;
	struct err e;
	err_set(&e, ERR_CONFIG, "there is no such dead letter; `natmill dead list` shows what there is");
	return cli_fail(&e);
}
