/* SPDX-License-Identifier: Apache-2.0
 *
 * The header of a syslog line: what is it, and where does the text begin? RFC 5424, RFC 3164, and what NAT
 * devices send in their place. Used by envelope.c for raw lines and for envelopes whose sender left the
 * header in.
 */
#ifndef NATMILL_EVENT_SYSLOG_HEADER_H
#define NATMILL_EVENT_SYSLOG_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "event/ip.h"

/* Places are offsets into the line; length 0 = the header has none. */
struct syslog_header {
	int64_t timestamp; /* microseconds UTC; EVENT_NO_TIME without year, or without any zone */
	struct ip host;    /* family 0 = the header has no address */
	size_t host_name;  /* where the name of the device begins, when it is no address */
	size_t host_name_len;
	size_t program; /* tag or APP-NAME, without [pid] */
	size_t program_len;
};

/* Returns the bytes that belong to the header, blanks behind it included; 0 when the line has none. Fills
 * out in any case. Headers (PRI may be absent everywhere but alone):
 *
 *   <PRI>1 TIME HOST APP PROCID MSGID - [MSG]     RFC 5424: the text is MSG, its byte order mark taken off
 *   <PRI>1 TIME HOST APP PROCID MSGID [SD] [MSG]  the text begins at MSGID: it says what the data mean
 *   <PRI>1 [ADDRESS ]TIME[ HOST]                  what NAT444 devices make of it; the text begins right
 * behind <PRI>TIME[ HOST][ TAG:]                       RFC 3164, the time with or without year, or RFC 3339
 *   <PRI>TIME:                                    the text begins behind the colon
 *   <PRI>                                         the text begins right behind
 *
 * Behind these, or alone where the line begins with a digit, `*` or `%`, may stand what routers print; see
 * syslog_device.h.
 *
 * A relay's header before another <PRI> with a time is passed over. A word that ends in ':' is a tag, not
 * the host, but for an address or before a `%` mnemonic. A tag is `name[pid]:` or `name:`. A name in
 * capitals without [pid] stays in the text, because it may be what tells the event (`NAT-TCP-C: ...`),
 * unless another such word follows (`RT_FLOW: RT_FLOW_SESSION_CREATE: ...`). A time without zone is taken
 * in zone_s, seconds east of UTC; with TIME_ZONE_UNKNOWN it is none. */
size_t syslog_header(const char *s, size_t n, int32_t zone_s, struct syslog_header *out);

#endif
