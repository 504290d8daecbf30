/* SPDX-License-Identifier: Apache-2.0
 *
 * The route POST /reload of the local socket: what `natmill reload` asks. See control/routes.h.
 */
#ifndef NATMILL_CONTROL_RELOAD_ROUTE_H
#define NATMILL_CONTROL_RELOAD_ROUTE_H

#include "control/server.h"

/* Reloads and answers with the outcome in plain text: 200 when it is live or handed over, 409 when it was
 * refused, 503 when natmill ends meanwhile. context: the struct engine. */
void reload_answer(struct request *r, void *context);

#endif
