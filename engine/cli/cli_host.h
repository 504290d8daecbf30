/* SPDX-License-Identifier: Apache-2.0
 *
 * The host that commands lend to the outputs they open themselves: it waits, and serves nothing meanwhile.
 * There is one; commands have one thread that calls outputs.
 */
#ifndef NATMILL_CLI_CLI_HOST_H
#define NATMILL_CLI_CLI_HOST_H

#include <stdatomic.h>
#include <stdint.h>

#include "output/output.h"

/* Static storage. Its wait is that of output_wait(), and gives up once cli_host_stop() is not 0. */
struct output_host *cli_host(void);

/* From here on SIGINT and SIGTERM do not end the process but ask the command to stop. Call it once, before
 * the first wait. */
void cli_host_catch_signals(void);

/* 0 until a caught signal came; for what else must end then. */
const _Atomic int64_t *cli_host_stop(void);

#endif
