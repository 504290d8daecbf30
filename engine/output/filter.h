/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters: what a batch passes on its way to one output. A list from the configuration is compiled once into
 * checks on the fields of an event; each output has its own list and its own view, so that no list changes
 * what another output gets. Read-only after compile; any thread.
 */
#ifndef NATMILL_OUTPUT_FILTER_H
#define NATMILL_OUTPUT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/errlist.h"
#include "base/node.h"
#include "event/event.h"

struct filter;

/* Compiles a list of filters, each a map with one key. Errors go to errs with their place; NULL then, and for
 * an empty list. The list may be freed afterwards. */
struct filter *filter_new(const struct node *list, struct errlist *errs);
void filter_free(struct filter *f); /* NULL is legal */

/* Does the output get the event, as far as its fields tell? data and len: the arena of its batch. */
bool filter_passes(const struct filter *f, const struct event *ev, const char *data, uint32_t len);

/* The files of the filters written in Lua, in their order, to be asked about events that pass; hidden: the
 * fields that such a filter does not see. NULL behind the last. */
const char *filter_script(const struct filter *f, size_t i, uint32_t *hidden);

/* The fields that the output does not get to see, as a set of 1 << field. */
uint32_t filter_hides(const struct filter *f);

/* The names of all filters with a line of help each, for the reference; NULL behind the last. */
const char *filter_name(int i, const char **arguments, const char **help);

#endif
