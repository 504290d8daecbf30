/* SPDX-License-Identifier: Apache-2.0
 *
 * "Did you mean ...?": the nearest of a list of names. For configuration keys, fields and vendors
 * that somebody mistyped; not for hot paths. Nothing is allocated.
 */
#ifndef NATMILL_BASE_NEAR_H
#define NATMILL_BASE_NEAR_H

#include <stddef.h>

/* Names longer than this (bytes) are never near to anything. */
#define NEAR_MAX 96

/* The one of the n names that takes the fewest edits (insert, delete, replace, swap of two
 * neighbours; upper and lower case are equal), or NULL when none is near enough: more edits than a
 * third of the name. An exact name is its own nearest. NULL entries are skipped. */
const char *near_name(const char *name, const char *const *names, size_t n);

#endif
