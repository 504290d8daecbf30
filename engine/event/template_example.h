/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that a template fits, made from its program: for natmill check, which tries them on other rules. Not
 * for hot paths.
 */
#ifndef NATMILL_EVENT_TEMPLATE_EXAMPLE_H
#define NATMILL_EVENT_TEMPLATE_EXAMPLE_H

#include <stddef.h>

#include "event/template.h"

#define TEMPLATE_VARIANTS 16 /* that differ */

/* The number of ways through the template's optional parts and alternatives. */
size_t template_ways(const struct template *t);

/* Appends a text: of that way, from 0, with those values. Now and then one that the template does not fit
 * after all: the values know nothing of each other. */
void template_example(const struct template *t, size_t way, unsigned variant, struct strbuf *out);

#endif
