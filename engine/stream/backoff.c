/* SPDX-License-Identifier: Apache-2.0
 *
 * Doubling delay with jitter; see backoff.h.
 */
#include "stream/backoff.h"

int64_t backoff_ms(unsigned attempt, uint32_t random)
{
	int64_t full = BACKOFF_FIRST_MS;
	for (unsigned i = 1; i < attempt && full < BACKOFF_MAX_MS; i++)
		full *= 2;
	if (full > BACKOFF_MAX_MS)
		full = BACKOFF_MAX_MS;
	return full / 2 + (int64_t)random % (full / 2 + 1);
}
