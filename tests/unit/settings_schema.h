/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration with every kind of section and option, shaped like the real one but independent of
 * it. Used by test_settings.c, test_reference.c and fuzz_yaml.c.
 */
#ifndef NATMILL_TESTS_SETTINGS_SCHEMA_H
#define NATMILL_TESTS_SETTINGS_SCHEMA_H

#include "base/secret.h"
#include "control/section.h"

struct top {
	char *vendors;
	int64_t workers;
	int64_t memory;
};

struct kafka {
	char *brokers;
	char *group;
	struct secret password;
	struct text_map properties;
};

struct batch {
	int64_t messages;
	int64_t wait;
};

struct output_common {
	char *name;
	int mode;
	const struct node *filters;
};

struct sqlite {
	char *path;
	bool sync;
};

struct postgresql {
	char *url;
	struct secret password;
	struct texts columns;
};

struct redis {
	struct texts hosts;
};

struct topic {
	struct texts vendors;
	char *host;
	char *zone;
};

struct config {
	struct top top;
	struct kafka kafka;
	struct batch batch;
	struct settings_list topics;
	struct settings_list outputs;
	struct settings_item dead_letters;
};

#define AT(type, field) .offset = offsetof(struct type, field)

static const struct option top_rows[] = {
	{.name = "vendors",
	 .type = OPTION_TEXT,
	 AT(top, vendors),
	 .fallback = "vendors/",
	 .help = "Scripts."},
	{.name = "workers",
	 .type = OPTION_INT,
	 AT(top, workers),
	 .fallback = "2",
	 .min = 1,
	 .max = 64,
	 .help = "Threads."},
	{.name = "memory",
	 .type = OPTION_SIZE,
	 AT(top, memory),
	 .fallback = "100MB",
	 .min = 1 << 20,
	 .max = INT64_MAX,
	 .reloadable = true,
	 .help = "Budget."},
	{0},
};

static const struct option kafka_rows[] = {
	{.name = "brokers",
	 .type = OPTION_TEXT,
	 AT(kafka, brokers),
	 .required = true,
	 .help = "Where Kafka listens | host:port."},
	{.name = "group", .type = OPTION_TEXT, AT(kafka, group), .fallback = "natmill", .help = "Group."},
	{.name = "password",
	 .type = OPTION_SECRET,
	 AT(kafka, password),
	 .reloadable = true,
	 .help = "Secret."},
	{.name = "properties", .type = OPTION_MAP, AT(kafka, properties), .help = "Of librdkafka."},
	{0},
};

static const struct option batch_rows[] = {
	{.name = "messages",
	 .type = OPTION_INT,
	 AT(batch, messages),
	 .fallback = "30000",
	 .min = 1,
	 .max = 1000000,
	 .reloadable = true,
	 .help = "At most so many."},
	{.name = "wait",
	 .type = OPTION_DURATION,
	 AT(batch, wait),
	 .fallback = "250ms",
	 .min = 1,
	 .max = 60000,
	 .reloadable = true,
	 .help = "At most so long."},
	{0},
};

static const struct option output_rows[] = {
	{.name = "name", .type = OPTION_TEXT, AT(output_common, name), .help = "For metrics."},
	{.name = "mode",
	 .type = OPTION_CHOICE,
	 AT(output_common, mode),
	 .fallback = "required",
	 .choices = "required|best_effort",
	 .help = "May it lose?"},
	{.name = "filters",
	 .type = OPTION_NODE,
	 AT(output_common, filters),
	 .reloadable = true,
	 .help = "On the way there."},
	{0},
};

static const struct option sqlite_rows[] = {
	{.name = "path", .type = OPTION_TEXT, AT(sqlite, path), .required = true, .help = "File."},
	{.name = "sync",
	 .type = OPTION_BOOL,
	 AT(sqlite, sync),
	 .fallback = "true",
	 .reloadable = true,
	 .help = "Wait for the disk."},
	{0},
};

static const struct option postgresql_rows[] = {
	{.name = "url",
	 .type = OPTION_TEXT,
	 AT(postgresql, url),
	 .required = true,
	 .reloadable = true,
	 .help = "Address."},
	{.name = "password",
	 .type = OPTION_SECRET,
	 AT(postgresql, password),
	 .required = true,
	 .reloadable = true,
	 .help = "Secret."},
	{.name = "columns",
	 .type = OPTION_TEXTS,
	 AT(postgresql, columns),
	 .fallback = "src_ip, x_ip",
	 .reloadable = true,
	 .help = "Which."},
	{0},
};

static const struct option redis_rows[] = {
	{.name = "hosts", .type = OPTION_TEXTS, AT(redis, hosts), .required = true, .help = "Where."},
	{0},
};

static const struct option topic_rows[] = {
	{.name = "vendors", .type = OPTION_TEXTS, AT(topic, vendors), .reloadable = true, .help = "Scripts."},
	{.name = "host", .type = OPTION_TEXT, AT(topic, host), .reloadable = true, .help = "Device."},
	{.name = "zone", .type = OPTION_TEXT, AT(topic, zone), .reloadable = true, .help = "Time zone."},
	{0},
};

static const struct section_type output_types[] = {
	{.name = "sqlite", .rows = sqlite_rows, .size = sizeof(struct sqlite), .help = "A file."},
	{.name = "postgresql",
	 .rows = postgresql_rows,
	 .size = sizeof(struct postgresql),
	 .help = "A server."},
	{.name = "stdout", .help = "JSON lines."},
	{.name = "redis", .rows = redis_rows, .size = sizeof(struct redis), .help = "Servers."},
	{0},
};

static const struct section schema[] = {
	{.name = "", .rows = top_rows, AT(config, top), .help = "For all."},
	{.name = "kafka", .rows = kafka_rows, AT(config, kafka), .help = "The source."},
	{.name = "batch", .rows = batch_rows, AT(config, batch)},
	{.name = "topics",
	 .kind = SECTION_NAMED,
	 .rows = topic_rows,
	 AT(config, topics),
	 .size = sizeof(struct topic),
	 .shorthand = "vendors",
	 .reloadable = true},
	{.name = "outputs",
	 .kind = SECTION_LIST,
	 .rows = output_rows,
	 AT(config, outputs),
	 .size = sizeof(struct output_common),
	 .types = output_types,
	 .required = true},
	{.name = "dead_letters", .kind = SECTION_TYPED, AT(config, dead_letters), .types = output_types},
	{0},
};

#endif
