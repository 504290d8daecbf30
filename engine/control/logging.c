/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the section `log`; see logging.h.
 */
#include "control/logging.h"

#include <signal.h>

#include "base/log.h"

const struct option log_options[] = {
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct log_settings, format),
	 .fallback = "plain",
	 .choices = "plain|json",
	 .help = "Form of the log lines on standard error."},
	{.name = "level",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct log_settings, level),
	 .fallback = "info",
	 .choices = "error|warn|info|debug",
	 .help = "Lowest level that is written."},
	{.name = NULL},
};

void logging_apply(const struct log_settings *s)
{
	signal(SIGPIPE, SIG_IGN); /* whoever read the log may go away */
	log_setup((enum log_level)s->level, s->format == 1);
}
