/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of sections that only their readers can check; see config_refuse.h.
 */
#include "cli/config_refuse.h"

#include <string.h>

#include "base/quantity.h"
#include "control/local.h"
#include "stream/consumer_conf.h"

void config_refuse_properties(const struct loaded_config *c, struct errlist *errs)
{
	const struct text_map *properties = &c->config.kafka.properties;
	struct err e = {0};
	for (size_t i = 0; i < properties->n; i++)
		if (consumer_conf_check(&properties->items[i], &e) != 0)
			settings_refuse(c->settings, errs, &properties->items[i], "%s", e.msg);
	char *const *instance = &c->config.kafka.instance;
	if (*instance != NULL && consumer_conf_check_instance(*instance, &e) != 0)
		settings_refuse(c->settings, errs, instance, "%s", e.msg);
}

static void refuse_unless_longer(const struct loaded_config *c, struct errlist *errs, const char *name,
				 const int64_t *later, const char *before, const int64_t *earlier)
{
	char is[QUANTITY_MAX];
	char than[QUANTITY_MAX];
	if (*later > *earlier)
		return;
	settings_refuse(c->settings, errs, settings_given(c->settings, later) ? later : earlier,
			"kafka.%s (%s) must be longer than kafka.%s (%s)", name,
			quantity_duration_text(*later, is), before, quantity_duration_text(*earlier, than));
}

/* Each of the watchdog's answers is for when the one before did not help. */
void config_refuse_stall_order(const struct loaded_config *c, struct errlist *errs)
{
	const struct kafka_settings *k = &c->config.kafka;
	refuse_unless_longer(c, errs, "stall_restart", &k->stall_restart_ms, "stall_alarm",
			     &k->stall_alarm_ms);
	refuse_unless_longer(c, errs, "stall_exit", &k->stall_exit_ms, "stall_restart", &k->stall_restart_ms);
}

void config_refuse_server(const struct loaded_config *c, struct errlist *errs)
{
	const struct server_settings *s = &c->config.server;
	struct err e = {0};
	if (server_check_listen(s->listen, &e) != 0)
		settings_refuse(c->settings, errs, &s->listen, "%s", e.msg);
	if (s->socket != NULL && strlen(s->socket) >= LOCAL_PATH_MAX)
		settings_refuse(c->settings, errs, &s->socket,
				"must be at most %d bytes long, as paths of sockets are", LOCAL_PATH_MAX - 1);
}
