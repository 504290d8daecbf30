/* SPDX-License-Identifier: Apache-2.0
 *
 * Time for deadlines and rates (monotonic) and for stamps (wall clock).
 */
#ifndef NATMILL_BASE_CLOCK_H
#define NATMILL_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void); /* monotonic, milliseconds */
int64_t clock_mono_us(void); /* monotonic, microseconds */
int64_t clock_wall_us(void); /* microseconds since 1970, UTC */

#endif
