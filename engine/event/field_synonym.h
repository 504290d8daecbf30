/* SPDX-License-Identifier: Apache-2.0
 *
 * Other words for fields: what vendors, and people, call them. For advice only; no script may use them.
 */
#ifndef NATMILL_EVENT_FIELD_SYNONYM_H
#define NATMILL_EVENT_FIELD_SYNONYM_H

/* The field's name in scripts ("x_ip" for "nat_ip", "action" for "event", in any case), NULL if the word is
 * none of these. Static text; any thread. */
const char *field_synonym(const char *word);

#endif
