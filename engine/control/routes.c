/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a route; see routes.h.
 */
#include "control/routes.h"

#include "control/health.h"

const struct route routes[] = {
	{"GET", "/healthz", ROUTE_ANYWHERE, false, health_alive},
	{.method = NULL},
};
