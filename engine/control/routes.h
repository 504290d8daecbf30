/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of everything that a running natmill answers over HTTP; see server.h for how a row is added.
 */
#ifndef NATMILL_CONTROL_ROUTES_H
#define NATMILL_CONTROL_ROUTES_H

#include "control/server.h"

/* Ends with a row without method. The context of each is the struct engine. */
extern const struct route routes[];

#endif
