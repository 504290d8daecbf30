/* SPDX-License-Identifier: Apache-2.0
 *
 * Is natmill alive? See health.h.
 */
#include "control/health.h"

void health_alive(struct request *r, void *engine)
{
	(void)engine;
	request_printf(r, "ok\n");
}
