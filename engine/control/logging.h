/* SPDX-License-Identifier: Apache-2.0
 *
 * The section `log` of the configuration.
 */
#ifndef NATMILL_CONTROL_LOGGING_H
#define NATMILL_CONTROL_LOGGING_H

#include "base/option.h"

struct log_settings {
	int format; /* 0 plain, 1 json */
	int level;  /* enum log_level */
};

extern const struct option log_options[];

/* Makes them the process's. Before threads start. */
void logging_apply(const struct log_settings *s);

#endif
