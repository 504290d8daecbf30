/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /healthz: natmill is alive. GET /readyz: it does its work, or why it does not. The context is the
 * struct engine.
 */
#ifndef NATMILL_CONTROL_HEALTH_H
#define NATMILL_CONTROL_HEALTH_H

#include "base/strbuf.h"
#include "control/engine.h"

/* 200 while every worker's loop turns, else 503 and which does not. */
void health_alive(struct request *r, void *engine);

/* 200, or 503 and the reasons, one a line. */
void health_ready(struct request *r, void *engine);

/* Adds the reasons why natmill is not ready, a line each; returns their number. */
size_t health_reasons(const struct engine *e, struct strbuf *out);

#endif
