/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: what becomes of each option of each type of output, as tables. The names are those of the
 * cgn-ec consumer and of the Python libraries that it hands its extra settings to.
 */
#ifndef NATMILL_CLI_MIGRATE_OUTPUT_ROWS_H
#define NATMILL_CLI_MIGRATE_OUTPUT_ROWS_H

#include "cli/migrate_rows.h"

extern const struct migrate_row migrate_timescale_rows[];
extern const struct migrate_row migrate_http_rows[];
extern const struct migrate_row migrate_kafka_rows[];
extern const struct migrate_row migrate_redis_rows[];
extern const struct migrate_row migrate_amqp_rows[];
extern const struct migrate_row migrate_influx_rows[];
extern const struct migrate_row migrate_blackhole_rows[];

/* Of a map `ssl` within the AMQP output's connection_extra_config. */
extern const struct migrate_row migrate_amqp_tls_rows[];

#endif
