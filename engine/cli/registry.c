/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of outputs: one row each, in the order of the reference page; see registry.h.
 */
#include "cli/registry.h"

#include <stddef.h>

#define OUTPUTS(X)           \
	X(stdout_output)     \
	X(postgresql_output) \
	X(sqlite_output)     \
	X(kafka_output)      \
	X(redis_output)      \
	X(amqp_output)       \
	X(file_output)       \
	X(http_output)       \
	X(influxdb_output)   \
	X(null_output)       \
	X(dead_file_output)  \
	X(dead_kafka_output)

#define X(name) extern const struct output_type name;
OUTPUTS(X)
#undef X

const struct output_type *const registry_outputs[] = {
#define X(name) &name,
	OUTPUTS(X)
#undef X
		NULL,
};
