/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /healthz: natmill is alive. The context is the struct engine.
 */
#ifndef NATMILL_CONTROL_HEALTH_H
#define NATMILL_CONTROL_HEALTH_H

#include "control/server.h"

void health_alive(struct request *r, void *engine);

#endif
