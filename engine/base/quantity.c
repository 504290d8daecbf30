/* SPDX-License-Identifier: Apache-2.0
 *
 * Durations, sizes, whole numbers; see quantity.h.
 */
#include "base/quantity.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* Both tables rise: the last unit that divides a value is the one to print it in. */
static const struct unit duration_units[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};

static const struct unit size_units[] = {
	{"", 1},
	{"B", 1},
	{"kB", 1000},
	{"KB", 1000},
	{"KiB", INT64_C(1) << 10},
	{"MB", 1000000},
	{"MiB", INT64_C(1) << 20},
	{"GB", 1000000000},
	{"GiB", INT64_C(1) << 30},
	{"TB", 1000000000000},
	{"TiB", INT64_C(1) << 40},
	{NULL, 0},
};

/* Reads digits; returns what follows them, NULL when there are none or too many. */
static const char *digits(const char *text, int64_t *out)
{
	if (*text < '0' || *text > '9')
		return NULL;
	int64_t value = 0;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return NULL;
	*out = value;
	return text;
}

int quantity_int(const char *text, int64_t *out)
{
	int64_t value = 0;
	const char *end = digits(*text == '-' ? text + 1 : text, &value);
	if (end == NULL || *end != '\0')
		return -1;
	*out = *text == '-' ? -value : value;
	return 0;
}

static int with_unit(const char *text, const struct unit *units, int64_t *out)
{
	int64_t value = 0;
	const char *end = digits(text, &value);
	if (end == NULL)
		return -1;
	if (*end == ' ')
		end++;
	for (const struct unit *u = units; u->name != NULL; u++) {
		if (strcmp(end, u->name) != 0)
			continue;
		if (__builtin_mul_overflow(value, u->factor, &value))
			return -1;
		*out = value;
		return 0;
	}
	return -1;
}

int quantity_duration(const char *text, int64_t *out)
{
	if (strcmp(text, "0") == 0) {
		*out = 0;
		return 0;
	}
	return with_unit(text, duration_units, out);
}

int quantity_size(const char *text, int64_t *out)
{
	return with_unit(text, size_units, out);
}

static const char *to_text(int64_t value, const struct unit *units, char buf[QUANTITY_MAX])
{
	const struct unit *best = units;
	for (const struct unit *u = units; u->name != NULL && value != 0; u++)
		if (value % u->factor == 0)
			best = u;
	snprintf(buf, QUANTITY_MAX, "%" PRId64 "%s", value / best->factor, best->name);
	return buf;
}

const char *quantity_duration_text(int64_t ms, char buf[QUANTITY_MAX])
{
	return to_text(ms, duration_units, buf);
}

const char *quantity_size_text(int64_t bytes, char buf[QUANTITY_MAX])
{
	return to_text(bytes, size_units, buf);
}
