/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of the reload's thread beside the workers; for control/engine only. What others may ask of it is
 * in reload.h.
 */
#ifndef NATMILL_CONTROL_RELOAD_RUN_H
#define NATMILL_CONTROL_RELOAD_RUN_H

#include "control/engine.h"
#include "control/reload.h"
#include "control/service.h"

/* first: what the workers start with, with a source. service: is told when one begins and ends. Both outlive
 * the reload. NULL with e. */
struct reload *reload_new(const struct engine_config *first, struct service *service, struct err *e);

/* For worker_config.told_fd. */
int reload_fd(const struct reload *r);

/* Starts the thread, when the workers have. They outlive it. */
int reload_start(struct reload *r, struct worker *workers, size_t n, struct err *e);

/* Asks the thread to end: the reload under way, if any, is given up or finished. Returns at once. NULL is
 * legal. */
void reload_stop(struct reload *r);

/* Waits up to wait_ms for its end, after reload_stop(). True when it has ended, or there was none. */
bool reload_join(struct reload *r, int64_t wait_ms);

/* Frees all generations but the first, after the workers were joined. NULL is legal. */
void reload_free(struct reload *r);

#endif
