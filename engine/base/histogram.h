/* SPDX-License-Identifier: Apache-2.0
 *
 * How often a value fell into which of some ranges. One writer, any reader; no memory of its own. The bounds
 * are the caller's: upper ends, ascending, at most HISTOGRAM_BOUNDS; what lies beyond the last one counts
 * behind it.
 */
#ifndef NATMILL_BASE_HISTOGRAM_H
#define NATMILL_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS 16

struct histogram {
	_Atomic uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* not cumulative */
	_Atomic uint64_t sum;
};

static inline void histogram_note(struct histogram *h, const uint64_t *bounds, size_t n, uint64_t value)
{
	size_t i = 0;
	while (i < n && value > bounds[i])
		i++;
	_Atomic uint64_t *count = &h->counts[i];
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	atomic_store_explicit(&h->sum, atomic_load_explicit(&h->sum, memory_order_relaxed) + value,
			      memory_order_relaxed);
}

#endif
