/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters in the log; see letters_tell.h. The envelope is opened once more for the few lines that the
 * log's rate lets pass, so that nothing is kept for them on the way of all messages.
 */
#include "stream/letters_tell.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "event/envelope.h"
#include "event/timeparse.h"

#define NAME_SHOWN 128 /* bytes of a device's name */

/* The device's address or name into buf, or "?". */
static void device_of(const struct message *m, char *buf, size_t size)
{
	struct envelope_reader *reader = envelope_reader_new();
	struct arena arena = {0};
	struct envelope env;
	char ip[IP_TEXT_MAX];
	snprintf(buf, size, "?");
	arena_init(&arena, 2 * ENVELOPE_VALUE_MAX);
	if (m->value != NULL &&
	    envelope_open(reader, &arena, m->value, m->len, TIME_ZONE_UNKNOWN, &env, NULL) == 0) {
		if (ip_format(&env.host, ip) > 0)
			snprintf(buf, size, "%s", ip);
		else if (env.host_name.len > 0)
			snprintf(buf, size, "%.*s", (int)env.host_name.len,
				 event_text(env.host_name, arena.data, arena.len));
	}
	arena_free(&arena);
	envelope_reader_free(reader);
}

const char *letters_origin(const struct message *m, char buf[LETTERS_ORIGIN_MAX])
{
	char device[NAME_SHOWN];
	device_of(m, device, sizeof device);
	snprintf(buf, LETTERS_ORIGIN_MAX, "topic %s partition %d offset %" PRId64 " from %s", m->topic,
		 m->partition, m->offset, device);
	return buf;
}

void letters_tell(const struct batch *b)
{
	static struct log_site site;
	char origin[LETTERS_ORIGIN_MAX];
	for (uint32_t i = 0; i < b->dead_count && log_enabled(LOG_WARN); i++) {
		const struct dead_letter *d = &b->dead[i];
		if (!log_passes(&site)) {
			log_hold(&site, b->dead_count - i);
			return;
		}
		bool refused = d->output[0] != '\0';
		log_write(&site, LOG_WARN, "dead letter: %s record %u: %s%s%s%s%.*s",
			  letters_origin(&b->messages[d->message], origin), d->record,
			  refused ? "output " : "", d->output, refused ? " refuses it: " : d->vendor,
			  !refused && d->vendor[0] != '\0' ? ": " : "", (int)d->reason.len,
			  event_text(d->reason, b->arena.data, b->arena.len));
	}
}
