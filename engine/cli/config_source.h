/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a running natmill reads its configuration again; for the engine's reload. Used by run.
 */
#ifndef NATMILL_CLI_CONFIG_SOURCE_H
#define NATMILL_CLI_CONFIG_SOURCE_H

#include "control/engine.h"

/* path: as config_load had it at the start; NULL there is NULL here. It outlives the source. */
struct engine_source config_source(const char *path);

#endif
