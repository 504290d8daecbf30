/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a route; see routes.h.
 */
#include "control/routes.h"

#include "control/health.h"
#include "control/live.h"
#include "control/metrics.h"
#include "control/reload_route.h"
#include "control/status.h"

const struct route routes[] = {
	{"GET", "/healthz", ROUTE_ANYWHERE, false, health_alive},
	{"GET", "/metrics", ROUTE_ANYWHERE, false, metrics_show},
	{"GET", "/readyz", ROUTE_ANYWHERE, false, health_ready},
	{"GET", "/status", ROUTE_ANYWHERE, false, status_show},
	{"GET", "/tap", ROUTE_LOCAL, true, live_tap},
	{"GET", "/unmatched", ROUTE_LOCAL, false, live_unmatched},
	{"POST", "/reload", ROUTE_LOCAL, true, reload_answer},
	{.method = NULL},
};
