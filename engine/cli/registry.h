/* SPDX-License-Identifier: Apache-2.0
 *
 * Every output the program has. The engine knows none by name: cli hands this list on. A new output is
 * one file in outputs/ and one line in registry.c.
 */
#ifndef NATMILL_CLI_REGISTRY_H
#define NATMILL_CLI_REGISTRY_H

#include "output/output.h"

/* Ends with NULL. Outputs that take no events are dead-letter stores only. */
extern const struct output_type *const registry_outputs[];

#endif
