/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration's `topics`: the option rows of an entry, and what a generation needs of them. For
 * config.c.
 */
#ifndef NATMILL_CLI_CONFIG_TOPICS_H
#define NATMILL_CLI_CONFIG_TOPICS_H

#include <stddef.h>

#include "base/errlist.h"
#include "base/option.h"
#include "control/settings.h"
#include "script/generation.h"

struct topic_settings {
	struct texts vendors;
	const struct node *hosts;
	char *host;
	char *zone;
};

extern const struct option topic_options[];

struct config_topics;

/* Entries of the section to rows for generation_load; what is wrong goes to errs. The result points into
 * list and s. Never NULL. */
struct config_topics *config_topics_new(const struct settings_list *list, const struct settings *s,
					struct errlist *errs);
void config_topics_free(struct config_topics *t); /* NULL is legal */

const struct topic_config *config_topics_rows(const struct config_topics *t, size_t *n);

#endif
