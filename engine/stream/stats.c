/* SPDX-License-Identifier: Apache-2.0
 *
 * Bounds of the histograms of stats.h.
 */
#include "stream/stats.h"

const uint64_t stats_latency_bounds[] = {1000,    2500,    5000,     10000,    25000,
					 50000,   100000,  250000,   500000,   1000000,
					 2500000, 5000000, 10000000, 30000000, 120000000};
const size_t stats_latency_bound_count = sizeof stats_latency_bounds / sizeof stats_latency_bounds[0];
