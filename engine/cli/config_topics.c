/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the entries of `topics`; see config_topics.h. Names of scripts and hosts are checked by the
 * generation, which knows them: each takes along where it was written.
 */
#include "cli/config_topics.h"

#include <stdlib.h>
#include <string.h>

#include "base/node.h"
#include "base/strbuf.h"
#include "event/timeparse.h"

const struct option topic_options[] = {
	{.name = "vendors",
	 .type = OPTION_TEXTS,
	 .offset = offsetof(struct topic_settings, vendors),
	 .reloadable = true,
	 .help = "Scripts to try on the topic's messages, in this order. Default: those that declare the "
		 "topic."},
	{.name = "hosts",
	 .type = OPTION_NODE,
	 .offset = offsetof(struct topic_settings, hosts),
	 .reloadable = true,
	 .help = "Other scripts for some devices: a map from host to list, such as `{ 192.0.2.1: [a10], "
		 "10.1.0.0/16: [juniper], cgn-3: [f5] }`. A host is a name, an address or a prefix as the "
		 "envelope tells it. A name is stronger than an address, a long prefix than a short one. "
		 "Hosts "
		 "that are not there get `vendors`, and so do JSON records: their envelope names no host."},
	{.name = "host",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct topic_settings, host),
	 .reloadable = true,
	 .help = "Address of the NAT device for messages that tell none."},
	{.name = "zone",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct topic_settings, zone),
	 .reloadable = true,
	 .help = "Zone of times without one: `UTC` or `+02:00`. For times of headers and collectors it is "
		 "stronger than the script's zone, for times in the lines themselves the script's is."},
	{.name = NULL},
};

struct config_topics {
	struct topic_config *rows;
	struct topic_host **hosts; /* of each row */
	size_t n;
	char **places; /* every place that a row points to */
	size_t place_count;
};

static const char *keep(struct config_topics *t, const char *place)
{
	t->places = xrealloc(t->places, (t->place_count + 1) * sizeof *t->places);
	t->places[t->place_count] = xstrdup(place);
	return t->places[t->place_count++];
}

static const char *place_of(struct config_topics *t, const struct node *node)
{
	char where[NODE_WHERE_MAX];
	return keep(t, node_where(node, where));
}

static int refuse(const struct node *node, const char *topic, const char *what, struct errlist *errs)
{
	char where[NODE_WHERE_MAX];
	return errlist_add(errs, ERR_CONFIG, "%s: topics.'%.60s'.hosts %s", node_where(node, where), topic,
			   what);
}

/* The scripts of one host. */
static int read_vendors(struct config_topics *t, const char *topic, const struct node *list,
			struct topic_host *out, struct errlist *errs)
{
	if (list->kind != NODE_LIST || list->n == 0)
		return refuse(list, topic, "must have a list of scripts for each host, such as [a10]", errs);
	const char **names = xcalloc(list->n, sizeof *names);
	const char **places = xcalloc(list->n, sizeof *places);
	out->vendors = names;
	out->vendor_places = places;
	for (size_t i = 0; i < list->n; i++) {
		const struct node *name = list->items[i];
		if (name->kind != NODE_SCALAR || node_is_null(name))
			return refuse(name, topic, "must have names of scripts in its lists", errs);
		names[i] = name->text;
		places[i] = place_of(t, name);
		out->vendor_count++;
	}
	return 0;
}

static void read_hosts(struct config_topics *t, const struct node *map, struct topic_config *row,
		       struct topic_host **hosts, struct errlist *errs)
{
	if (map == NULL)
		return;
	if (map->kind != NODE_MAP || map->n == 0) {
		refuse(map, row->pattern, "must be a map, such as { 192.0.2.1: [a10] }", errs);
		return;
	}
	*hosts = xcalloc(map->n, sizeof **hosts);
	row->hosts = *hosts;
	row->host_count = map->n;
	for (size_t i = 0; i < map->n; i++) {
		struct topic_host *host = &(*hosts)[i];
		host->host = map->keys[i]->text;
		host->where = place_of(t, map->keys[i]);
		read_vendors(t, row->pattern, map->items[i], host, errs);
	}
}

static void read_row(struct config_topics *t, const struct settings_item *item, const struct settings *s,
		     struct errlist *errs)
{
	const struct topic_settings *from = item->common;
	struct topic_config *row = &t->rows[t->n];
	const char **places = xcalloc(from->vendors.n + 1, sizeof *places);
	char where[SETTINGS_WHERE_MAX];
	*row = (struct topic_config){.pattern = item->name,
				     .vendors = (const char *const *)from->vendors.items,
				     .vendor_places = places,
				     .vendor_count = from->vendors.n,
				     .zone_s = TIME_ZONE_UNKNOWN};
	for (size_t i = 0; i < from->vendors.n; i++)
		places[i] = keep(t, settings_where(s, &from->vendors.items[i], where));
	read_hosts(t, from->hosts, row, &t->hosts[t->n], errs);
	if (from->host != NULL && ip_parse(from->host, strlen(from->host), &row->host) != 0)
		settings_refuse(s, errs, &from->host, "'%s' is no IPv4 or IPv6 address", from->host);
	if (from->zone != NULL && time_zone_parse(from->zone, strlen(from->zone), &row->zone_s) != 0)
		settings_refuse(s, errs, &from->zone, "'%s' is no zone; write `UTC` or like `+02:00`",
				from->zone);
	t->n++;
}

struct config_topics *config_topics_new(const struct settings_list *list, const struct settings *s,
					struct errlist *errs)
{
	struct config_topics *t = xcalloc(1, sizeof *t);
	t->rows = xcalloc(list->n + 1, sizeof *t->rows);
	t->hosts = xcalloc(list->n + 1, sizeof *t->hosts);
	for (size_t i = 0; i < list->n; i++)
		read_row(t, &list->items[i], s, errs);
	return t;
}

static void free_list(const char *const *list)
{
	free((void *)(uintptr_t)list);
}

void config_topics_free(struct config_topics *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->rows[i].host_count; k++) {
			free_list(t->hosts[i][k].vendors);
			free_list(t->hosts[i][k].vendor_places);
		}
		free(t->hosts[i]);
		free_list(t->rows[i].vendor_places);
	}
	for (size_t i = 0; i < t->place_count; i++)
		free(t->places[i]);
	free(t->places);
	free(t->hosts);
	free(t->rows);
	free(t);
}

const struct topic_config *config_topics_rows(const struct config_topics *t, size_t *n)
{
	*n = t->n;
	return t->rows;
}
