/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer of InfluxDB means; see influxdb.h. It says 400 for bad points as for databases that are full
 * or know a field by another type: only its words tell. Words as of 1.6 and 1.8, seen on real servers.
 */
#include "outputs/influxdb.h"

#include <string.h>

/* What lies with the database and not with a point. */
static bool is_about_database(const char *body)
{
	static const char *const words[] = {
		"field type conflict",             /* the measurement knows the field by another type */
		"max-series-per-database limit",   /* full */
		"max-values-per-tag limit",        /* full */
		"retention policy not found",      /* configuration; with 400 in some versions */
		"retention policy doesn't exist",  /* the same */
		"database is required",            /* configuration */
		"invalid consistency level",       /* configuration */
		"bucket",                          /* of version 2: its name is missing or wrong */
		"organization",                    /* the same */
		"The plain HTTP request was sent", /* a proxy before it, about TLS */
		"SSL certificate",                 /* the same */
	};
	const char *end = strstr(body, "unable to parse '"); /* then the line follows: any words */
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const char *at = strstr(body, words[i]);
		if (at != NULL && (end == NULL || at < end))
			return true;
	}
	return false;
}

enum http_meaning influxdb_judge(long status, const char *body)
{
	enum http_meaning meaning = http_judge(status, body);
	if (meaning == HTTP_REFUSED && is_about_database(body))
		return HTTP_NEEDS_HUMAN;
	return meaning;
}
