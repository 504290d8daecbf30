/* SPDX-License-Identifier: Apache-2.0
 *
 * A record of the dead-letter store `kafka` as a letter again: what dead_kafka_letter.c has written. Anybody
 * may write to the topic, so a record that lacks the letter's identity, or has a number that is none, is no
 * letter. Texts belong to the decoder, key and value to the record.
 */
#include "outputs/dead_kafka.h"

#include <stdlib.h>
#include <string.h>

#include "event/timeparse.h"
#include "output/letter.h"

#define PREFIX "natmill."
#define PREFIX_LEN (sizeof PREFIX - 1)

enum number { PARTITION, OFFSET, RECORD, INDEX, COLUMN, GENERATION, NUMBERS };

struct number_kind {
	const char *name;
	int64_t max;
};

static const struct number_kind number_kinds[NUMBERS] = {
	[PARTITION] = {"partition", INT32_MAX}, [OFFSET] = {"offset", INT64_MAX},
	[RECORD] = {"record", UINT32_MAX},      [INDEX] = {"index", UINT32_MAX},
	[COLUMN] = {"column", UINT32_MAX},      [GENERATION] = {"generation", UINT32_MAX},
};

/* Digits only; false when it is no number from 0 to max. */
static bool read_number(const char *text, size_t n, int64_t max, int64_t *number)
{
	int64_t v = 0;
	for (size_t i = 0; i < n; i++) {
		int digit = text[i] - '0';
		if (digit < 0 || digit > 9 || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*number = v;
	return n > 0;
}

/* A copy with a NUL behind it; there is room. */
static const char *copy(struct strbuf *texts, const char *text, size_t n)
{
	char *at = texts->data + texts->len;
	memcpy(at, text, n);
	at[n] = '\0';
	texts->len += n + 1;
	return at;
}

/* One of natmill's own headers; an unknown one is passed over. False: its number is none. */
static bool take_own(struct dead_kafka_decoder *d, const char *name, const char *text, size_t n,
		     int64_t numbers[NUMBERS])
{
	struct stored_letter *l = &d->letter;
	const struct {
		const char *name;
		const char **text;
	} texts[] = {{"topic", &l->at.topic},         {"cluster", &l->at.cluster}, {"output", &l->at.output},
		     {"vendor", &l->vendor},          {"rule", &l->rule},          {"reason", &l->reason},
		     {"script_hash", &l->script_hash}};
	for (size_t i = 0; i < NUMBERS; i++)
		if (strcmp(name, number_kinds[i].name) == 0)
			return read_number(text, n, number_kinds[i].max, &numbers[i]);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(name, texts[i].name) == 0)
			*texts[i].text = copy(&d->texts, text, n);
	if (strcmp(name, "timestamp") == 0)
		time_read(text, n, TIME_ZONE_UNKNOWN, &l->timestamp);
	return true;
}

/* Natmill's headers go to the letter, the original's to d->others. False: it is no letter. */
static bool take_headers(struct dead_kafka_decoder *d, const rd_kafka_headers_t *headers, size_t count,
			 int64_t numbers[NUMBERS])
{
	const char *name;
	const void *value;
	size_t n;
	d->other_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (rd_kafka_header_get_all(headers, i, &name, &value, &n) != RD_KAFKA_RESP_ERR_NO_ERROR)
			return false;
		if (strncmp(name, PREFIX, PREFIX_LEN) != 0)
			d->others[d->other_count++] = (struct message_header){name, value, n};
		else if (!take_own(d, name + PREFIX_LEN, value != NULL ? value : "", value != NULL ? n : 0,
				   numbers))
			return false;
	}
	return true;
}

/* Room for all texts, so that none moves while others are taken, and for all headers. */
static void make_room(struct dead_kafka_decoder *d, const rd_kafka_headers_t *headers, size_t count)
{
	size_t bytes = 1;
	const char *name;
	const void *value;
	size_t n;
	for (size_t i = 0; i < count; i++)
		if (rd_kafka_header_get_all(headers, i, &name, &value, &n) == RD_KAFKA_RESP_ERR_NO_ERROR &&
		    strncmp(name, PREFIX, PREFIX_LEN) == 0)
			bytes += n + 1;
	strbuf_reset(&d->texts);
	strbuf_reserve(&d->texts, bytes);
	if (count > d->other_max) {
		d->other_max = count;
		d->others = xrealloc(d->others, count * sizeof *d->others);
	}
}

static void take_original(struct dead_kafka_decoder *d, const rd_kafka_message_t *m)
{
	struct stored_letter *l = &d->letter;
	l->key = m->key;
	l->key_len = m->key != NULL ? m->key_len : 0;
	l->value = m->payload;
	l->len = m->payload != NULL ? m->len : 0;
	if (d->other_count == 0)
		return;
	struct message original = {.headers = d->others, .header_count = d->other_count};
	strbuf_reset(&d->headers);
	letter_headers(&original, &d->headers);
	l->headers = d->headers.data;
}

/* When the record was written; Kafka counts milliseconds. */
static int64_t written_at(const rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t type;
	int64_t ms = rd_kafka_message_timestamp(m, &type);
	bool known = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms >= 0 && ms <= INT64_MAX / 1000;
	return known ? ms * 1000 : EVENT_NO_TIME;
}

bool dead_kafka_decode(struct dead_kafka_decoder *d, const rd_kafka_message_t *m, bool brief)
{
	struct stored_letter *l = &d->letter;
	rd_kafka_headers_t *headers = NULL;
	int64_t numbers[NUMBERS] = {-1, -1, -1, 0, 0, 0};
	*l = (struct stored_letter){.at = {.cluster = "", .topic = "", .output = ""},
				    .vendor = "",
				    .rule = "",
				    .reason = "",
				    .script_hash = "",
				    .timestamp = EVENT_NO_TIME,
				    .stored_at = written_at(m)};
	if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	size_t count = rd_kafka_header_cnt(headers);
	make_room(d, headers, count);
	if (!take_headers(d, headers, count, numbers) || l->at.topic[0] == '\0' || numbers[PARTITION] < 0 ||
	    numbers[OFFSET] < 0 || numbers[RECORD] < 0)
		return false;
	l->at.partition = (int32_t)numbers[PARTITION];
	l->at.offset = numbers[OFFSET];
	l->at.record = (uint32_t)numbers[RECORD];
	l->at.index = (uint32_t)numbers[INDEX];
	l->at.timestamp = l->timestamp;
	l->column = (uint32_t)numbers[COLUMN];
	l->generation = (uint32_t)numbers[GENERATION];
	if (!brief)
		take_original(d, m);
	return true;
}

void dead_kafka_decoder_free(struct dead_kafka_decoder *d)
{
	strbuf_free(&d->texts);
	strbuf_free(&d->headers);
	free(d->others);
}
