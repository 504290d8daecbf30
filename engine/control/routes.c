/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a route; see routes.h.
 */
#include "control/routes.h"

#include "control/health.h"
#include "control/live.h"

const struct route routes[] = {
	{"GET", "/healthz", ROUTE_ANYWHERE, false, health_alive},
	{"GET", "/tap", ROUTE_LOCAL, true, live_tap},
	{"GET", "/unmatched", ROUTE_LOCAL, false, live_unmatched},
	{.method = NULL},
};
