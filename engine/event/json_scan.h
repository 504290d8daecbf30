/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of one flat JSON object, checked to its very end: simdjson behind a C interface. Used by
 * envelopes, and by what shows or reads stored ones. A scanner belongs to one thread and keeps room for a
 * padded copy of what it reads. All places are offsets into that value.
 */
#ifndef NATMILL_EVENT_JSON_SCAN_H
#define NATMILL_EVENT_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_kind { JSON_STRING, JSON_PLAIN /* number, true, false */, JSON_NULL, JSON_NESTED };

/* Key and string values without their quotes, still escaped; other values as they are written. */
struct json_member {
	uint32_t key;
	uint32_t key_len;
	uint32_t value;
	uint32_t value_len;
	enum json_kind kind;
};

#define JSON_DEPTH_MAX 64 /* of nested objects and arrays */
#define JSON_SLACK 64     /* bytes that json_scan_unescape may write beyond the result */

struct json_scan;
struct err;

struct json_scan *json_scan_new(void);
void json_scan_free(struct json_scan *s);

/* Reads the object in the n bytes at value (n < 1 GiB) and fills members in written order. Returns their
 * number, or -1 with e when it is no JSON, has text behind it, is nested too deeply or has more than max
 * members. */
int json_scan_object(struct json_scan *s, const char *value, size_t n, struct json_member *members,
		     size_t max, struct err *e);

/* Unescapes the len bytes at raw (< 1 GiB), a string as a member has it. dst has room for len + JSON_SLACK
 * bytes. Returns the length, or -1 when an escape is wrong (a lone surrogate is). Any value that was opened
 * is as good as before: the members tell of that, not of the copy. */
int64_t json_scan_unescape(struct json_scan *s, const char *raw, size_t len, char *dst);

#ifdef __cplusplus
}
#endif

#endif
