/* SPDX-License-Identifier: Apache-2.0
 *
 * Time for deadlines and rates (monotonic), for stamps (wall clock) and for limits (CPU time).
 */
#ifndef NATMILL_BASE_CLOCK_H
#define NATMILL_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void);   /* monotonic, milliseconds */
int64_t clock_mono_us(void);   /* monotonic, microseconds */
int64_t clock_wall_us(void);   /* microseconds since 1970, UTC */
int64_t clock_thread_us(void); /* CPU time of the calling thread, microseconds */

#endif
