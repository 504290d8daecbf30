/* SPDX-License-Identifier: Apache-2.0
 *
 * What the sections kafka, http and control must not hold although each value fits its row: librdkafka and
 * the server say so. Called by config.c while a configuration is loaded; every error has its place.
 */
#ifndef NATMILL_CLI_CONFIG_REFUSE_H
#define NATMILL_CLI_CONFIG_REFUSE_H

#include "cli/config.h"

void config_refuse_properties(const struct loaded_config *c, struct errlist *errs);
/* stall_alarm, stall_restart and stall_exit must come one after the other. */
void config_refuse_stall_order(const struct loaded_config *c, struct errlist *errs);
void config_refuse_server(const struct loaded_config *c, struct errlist *errs);

#endif
