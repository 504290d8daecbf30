/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON that collectors write nearly always: one flat object of ASCII without a backslash. Read in one
 * pass and without a copy; everything else is json_scan.h's. Used by envelope_record.c only. Keeps nothing.
 */
#ifndef NATMILL_EVENT_JSON_FLAT_H
#define NATMILL_EVENT_JSON_FLAT_H

#include <stddef.h>
#include <stdint.h>

#include "event/json_scan.h"

/* Fills members as json_scan_object() would and returns their number; -1 when the value is not of this kind,
 * right or wrong: has a backslash, a byte beyond ASCII, something nested, more than max members, or an error.
 * Then members holds nothing of use. n < 1 GiB; never reads beyond n bytes. Any thread. */
int json_flat_object(const char *value, size_t n, struct json_member *members, size_t max);

#endif
