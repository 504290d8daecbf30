/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes a line of natmill try --json apart; see sample_json.h. The scanner has checked the whole line before
 * the list of events is cut at its braces.
 */
#include "script/sample_json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "event/json_scan.h"

#define MEMBERS_MAX 16
#define VERDICT "\"verdict\"" /* within a string its quotes would be escaped */

static const struct json_member *member(const char *s, const struct json_member *members, int n,
					const char *key, enum json_kind kind)
{
	size_t len = strlen(key);
	for (int i = 0; i < n; i++)
		if (members[i].key_len == len && memcmp(s + members[i].key, key, len) == 0)
			return members[i].kind == kind ? &members[i] : NULL;
	return NULL;
}

static bool is(const char *s, const struct json_member *m, const char *value)
{
	return m->value_len == strlen(value) && memcmp(s + m->value, value, m->value_len) == 0;
}

static int read_reason(struct json_scan *scan, const char *s, const struct json_member *reason,
		       struct sample_verdict_json *out)
{
	out->reason = xmalloc(reason->value_len + JSON_SLACK + 1);
	int64_t len = json_scan_unescape(scan, s + reason->value, reason->value_len, out->reason);
	if (len < 0) {
		free(out->reason);
		out->reason = NULL;
		return -1;
	}
	out->reason_len = (size_t)len;
	out->reason[len] = '\0';
	return 1;
}

static int read_members(struct json_scan *scan, const char *s, const struct json_member *members, int n,
			struct sample_verdict_json *out)
{
	const struct json_member *verdict = member(s, members, n, "verdict", JSON_STRING);
	const struct json_member *events = member(s, members, n, "events", JSON_NESTED);
	const struct json_member *reason = member(s, members, n, "reason", JSON_STRING);
	if (verdict == NULL)
		return -1;
	if (is(s, verdict, "ignored")) {
		out->verdict = SAMPLE_IGNORED;
		return 1;
	}
	if (is(s, verdict, "dead") && reason != NULL) {
		out->verdict = SAMPLE_DEAD;
		return read_reason(scan, s, reason, out);
	}
	if (!is(s, verdict, "events") || events == NULL || s[events->value] != '[')
		return -1;
	out->verdict = SAMPLE_EVENTS;
	out->events = s + events->value;
	out->events_len = events->value_len;
	return 1;
}

int sample_json_read(const char *s, size_t n, struct sample_verdict_json *out)
{
	struct json_member members[MEMBERS_MAX];
	*out = (struct sample_verdict_json){0};
	if (memmem(s, n, VERDICT, strlen(VERDICT)) == NULL)
		return 0;
	struct json_scan *scan = json_scan_new();
	int count = json_scan_object(scan, s, n, members, MEMBERS_MAX, NULL);
	int rc = count < 0 ? -1 : read_members(scan, s, members, count, out);
	json_scan_free(scan);
	return rc;
}

const char *sample_json_next(const char **at, const char *end, size_t *len)
{
	const char *s = *at;
	const char *start = NULL;
	int depth = 0;
	bool quoted = false;
	for (; s < end; s++) {
		if (quoted && *s == '\\') {
			s++;
		} else if (*s == '"') {
			quoted = !quoted;
		} else if (!quoted && *s == '{') {
			if (depth++ == 0)
				start = s;
		} else if (!quoted && *s == '}' && --depth == 0) {
			*at = s + 1;
			*len = (size_t)(s + 1 - start);
			return start;
		}
	}
	return NULL;
}
