/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reload may change of a running worker: the scripts, and each output's filters and settings. Made at
 * start and by each reload, read-only afterwards, shared by the workers; they hold two at a time at most,
 * since scripts and settings of outputs swap at different moments (stream/handover.h). All setups of a run
 * have the same outputs, by place, type and name. Owner: control/reload, of the first one the caller of
 * engine_run.
 */
#ifndef NATMILL_STREAM_SETUP_H
#define NATMILL_STREAM_SETUP_H

#include "script/generation.h"
#include "stream/settings.h"
#include "stream/sinks.h"

struct setup {
	struct generation *generation;
	const struct batch_settings *batch;
	const struct sink_config *outputs;
	size_t output_count;
};

#endif
