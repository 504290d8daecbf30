/* SPDX-License-Identifier: Apache-2.0
 *
 * The language of vendor scripts as type annotations, for editors with lua-language-server. Kept as
 * scripts/types/natmill.lua, which `natmill check --types` writes anew.
 */
#ifndef NATMILL_SCRIPT_TYPES_H
#define NATMILL_SCRIPT_TYPES_H

#include "base/strbuf.h"

/* Adds the whole file. Fields, types of events and readers come from their tables. */
void types_write(struct strbuf *out);

#endif
