/* SPDX-License-Identifier: Apache-2.0
 *
 * Can this process make memory executable? LuaJIT ends the process at its first hot loop where it cannot, so
 * whoever turns its compiler on asks here before. Asked by the script host and by `natmill check`.
 */
#ifndef NATMILL_BASE_EXECUTABLE_H
#define NATMILL_BASE_EXECUTABLE_H

#include <stdbool.h>

/* True when compiled code can run. Tried once in a process, the way LuaJIT does it; the first answer "no" is
 * logged with what to do. Any thread. */
bool executable_memory(void);

#endif
