/* SPDX-License-Identifier: Apache-2.0
 *
 * The cluster's id; see broker_cluster.h.
 */
#include "output/broker_cluster.h"

#include <stdint.h>

#include "base/clock.h"

/* rd_kafka_clusterid() sends no question of its own: a handle that nobody has asked for anything looks for a
 * broker once a second only. A question about brokers has it connect at once. */
char *broker_cluster_id(rd_kafka_t *rk, int timeout_ms)
{
	int64_t deadline = clock_mono_ms() + timeout_ms;
	const struct rd_kafka_metadata *brokers;
	char *id = rd_kafka_clusterid(rk, 0);
	if (id != NULL)
		return id;
	if (rd_kafka_metadata(rk, 0, NULL, &brokers, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_metadata_destroy(brokers);
	int64_t left = deadline - clock_mono_ms();
	return rd_kafka_clusterid(rk, left > 0 ? (int)left : 0);
}
