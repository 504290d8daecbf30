/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: any two texts as a tag and as a field of a line for InfluxDB. A reader of its own, by the rules
 * of the line protocol, must find the same texts again and nothing else; only what cannot be a tag is
 * refused. Corpus: corpus/influxdb/.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "outputs/influxdb.h"

#define TAG_START "address_mapping,vrf_id="
#define BEHIND_TAG \
	"topic=t,partition=0 offset=1i,host=\"1.2.3.4\",event=1i,src_ip=\"1.2.3.4\",x_ip=\"1.2.3.4\""
#define FIELD_START ",subscriber=\""
#define END " 5001\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right)
{
	if (!right)
		abort();
}

/* Skips what must stand there. */
static const char *skip(const char *at, const char *text)
{
	must(strncmp(at, text, strlen(text)) == 0);
	return at + strlen(text);
}

/* Reads up to the unescaped end; a backslash escapes only the special bytes. Returns what stands behind it.
 */
static const char *read_value(const char *at, char end, const char *special, struct strbuf *out)
{
	strbuf_reset(out);
	for (; *at != end; at++) {
		must(*at != '\0');
		if (*at == '\\' && at[1] != '\0' && strchr(special, at[1]) != NULL)
			at++;
		strbuf_addc(out, *at);
	}
	return at + 1;
}

static bool same(const struct strbuf *read, const char *text, size_t n)
{
	return read->len == n && (n == 0 || memcmp(read->data, text, n) == 0);
}

static bool can_be_tag(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f || text[i] == '\\')
			return false;
	return true;
}

static void check(const char *line, const char *tag, size_t tag_len, const char *field, size_t field_len)
{
	struct strbuf value = {0};
	if (tag_len > 0) {
		line = read_value(skip(line, TAG_START), ',', ",= ", &value);
		must(same(&value, tag, tag_len));
	} else {
		line = skip(line, "address_mapping,");
	}
	line = skip(line, BEHIND_TAG);
	if (field_len > 0) {
		line = read_value(skip(line, FIELD_START), '"', "\"\\", &value);
		must(same(&value, field, field_len));
	}
	must(*skip(line, END) == '\0');
	strbuf_free(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ip ip = {4, {1, 2, 3, 4}};
	const struct influxdb_form form = {.tags = 1u << FIELD_vrf_id, .slots = 1};
	struct strbuf line = {0};
	struct output_result r;
	struct batch b;
	if (size > 2 * EVENT_TEXT_MAX || memchr(data, 0, size) != NULL)
		return 0;
	const char *text = (const char *)data;
	uint32_t half = (uint32_t)size / 2;
	batch_init(&b, 1, 1u << 16);
	struct event *ev = batch_add_event(&b);
	event_clear(ev);
	b.messages[b.message_count++] = (struct message){.topic = "t", .offset = 1};
	ev->message = 0;
	ev->type = EVENT_ADDRESS;
	ev->timestamp = 5;
	ev->event = ACTION_CREATED;
	ev->host = ev->src_ip = ev->x_ip = ip;
	ev->vrf_id = (struct text){arena_add(&b.arena, text, half), half};
	ev->subscriber =
		(struct text){arena_add(&b.arena, text + half, (uint32_t)size - half), (uint32_t)size - half};
	bool taken = influxdb_line(&form, &b, ev, &line, &r);
	must(taken == can_be_tag(text, half));
	if (taken)
		check(line.data, text, half, text + half, size - half);
	else
		must(line.len == 0 && r.verdict == OUTPUT_REJECT);
	strbuf_free(&line);
	batch_free(&b);
	return 0;
}
