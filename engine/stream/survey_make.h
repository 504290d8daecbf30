/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes topics. For natmill topics --create; the connection is a survey's. One thread.
 */
#ifndef NATMILL_STREAM_SURVEY_MAKE_H
#define NATMILL_STREAM_SURVEY_MAKE_H

#include "stream/survey.h"

struct survey_setting {
	const char *name;
	const char *value;
};

enum survey_made {
	SURVEY_MADE,    /* or, with check_only, would be */
	SURVEY_WAS,     /* somebody else was faster */
	SURVEY_RIGHTS,  /* natmill's user may not */
	SURVEY_REFUSED, /* what was asked for is not possible */
	SURVEY_FAILED,  /* something else, such as no controller */
};

struct survey_plan {
	const char *name;
	int32_t partitions;
	int32_t replication;
	const struct survey_setting *settings;
	size_t setting_count;
	enum survey_made made; /* what became of it */
	char why[256];         /* the broker's words, unless it was made */
};

/* Asks the broker for all of them at once and waits until each partition that was made is led, so that it can
 * be written to. check_only: the broker looks whether it would do it. -1 with e: no answer. */
int survey_make(struct survey_link *l, struct survey_plan *plans, size_t n, bool check_only, struct err *e);

#endif
