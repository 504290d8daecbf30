/* SPDX-License-Identifier: Apache-2.0
 *
 * The old handler's topic and scripts; see migrate_handler.h.
 */
#include "cli/migrate_handler.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/near.h"
#include "cli/commands.h"
#include "cli/migrate_rows.h"
#include "cli/migrate_script.h"
#include "cli/new_script.h"

#define OWN_NAME_MAX 24
#define SCRIPT_MAX (1024 * 1024)

static const struct migrate_word nfware_words[] = {{"A", "created"}, {"D", "deleted"}, {0}};
static const struct migrate_word a10_words[] = {{"C", "created"},
						{"B", "created"},
						{"D", "deleted"},
						{"U", "updated"},
						{0}};
static const struct migrate_word f5_words[] = {{"LSN_ADD", "created"},
					       {"LSN_INBOUND_ADD", "created"},
					       {"LSN_DELETE", "deleted"},
					       {"LSN_INBOUND_DELETE", "deleted"},
					       {0}};
static const struct migrate_word sixwind_words[] = {{"NEW CONN", "created"},
						    {"DESTROY CONN", "deleted"},
						    {"NEW BLOCK", "created"},
						    {"DESTROY BLOCK", "deleted"},
						    {0}};
static const struct migrate_word other_words[] = {{"A", "created"},       {"C", "created"},
						  {"created", "created"}, {"D", "deleted"},
						  {"deleted", "deleted"}, {0}};

static const struct handler {
	const char *class;
	const char *topics[3];
	const char *vendor; /* natmill's script */
	const struct migrate_word *words;
	const char *note;
} handlers[] = {
	{"NFWareSyslogHandler", {"cgnat.syslog.nfware"}, "nfware", nfware_words, NULL},
	{"NFWareRADIUSAccountingHandler", {"cgnat.accounting.nfware"}, "nfware", nfware_words, NULL},
	{"A10ThunderSyslogHandler", {"cgnat.syslog.a10_thunder"}, "a10", a10_words, NULL},
	{"A10ThunderCEFSyslogHandler", {"cgnat.syslog.a10_thunder_cef"}, "a10", a10_words, NULL},
	{"F5BIGIPSyslogHandler",
	 {"cgnat.syslog.f5_bigip"},
	 "f5",
	 f5_words,
	 "the old handler read no line that F5 sends: natmill stores them from now on"},
	{"JuniperJUNOSSyslogHandler",
	 {"cgnat.syslog.juniper_junos", "cgnat.syslog.juniper"},
	 "juniper",
	 nfware_words,
	 "the collector writes cgnat.syslog.juniper, the old consumer read cgnat.syslog.juniper_junos: "
	 "natmill "
	 "reads both, the first from the beginning of what Kafka keeps"},
	{"SixWindSyslogHandler",
	 {"cgnat.syslog.sixwind"},
	 "6wind",
	 sixwind_words,
	 "the old handler read no line that 6WIND sends: natmill stores them from now on"},
};

#define HANDLERS (sizeof handlers / sizeof *handlers)

static const struct handler *find(const char *class)
{
	for (size_t i = 0; i < HANDLERS; i++)
		if (strcmp(class, handlers[i].class) == 0)
			return &handlers[i];
	return NULL;
}

/* topics: { TOPIC: [FIRST, SECOND] }; first may be NULL. */
static void put_topic(struct migrate_plan *p, const char *topic, const char *first, const char *second)
{
	struct node *list = node_new(NODE_LIST, p->tree->source);
	char path[128];
	if (first != NULL)
		node_append(list, NULL, node_scalar(list->source, first, strlen(first)));
	if (second != NULL)
		node_append(list, NULL, node_scalar(list->source, second, strlen(second)));
	snprintf(path, sizeof path, "topics/%s", topic);
	migrate_put_node(p->tree, path, list);
}

/* A script of natmill's into the new folder, for a folder of scripts stands for itself. */
static void copy_script(struct migrate_plan *p, const char *vendor)
{
	static const char *const suffixes[] = {"lua", "samples"};
	char from[4096];
	char to[128];
	for (size_t i = 0; i < 2; i++) {
		struct err e = {0};
		snprintf(from, sizeof from, "%s/%s.%s", cli_default_vendors(), vendor, suffixes[i]);
		snprintf(to, sizeof to, "vendors/%s.%s", vendor, suffixes[i]);
		if (file_read(from, SCRIPT_MAX, &migrate_file(p, to, false)->text, &e) != 0)
			migrate_wrong(p, NULL,
				      "%s, which comes with natmill and is needed beside your patterns",
				      e.msg);
	}
}

/* The list of patterns, or NULL when there is none to be carried over. */
static const struct node *patterns_of(struct migrate_plan *p, const struct node *options)
{
	const struct node *list = node_get(options, "regex_patterns");
	if (list == NULL || node_is_null(list) || (list->kind == NODE_LIST && list->n == 0))
		return NULL;
	if (list->kind == NODE_LIST)
		return list;
	migrate_wrong(p, list, "regex_patterns must be a list of regex and handler");
	return NULL;
}

static void take_known(struct migrate_plan *p, const struct handler *h, const struct node *type,
		       const struct node *patterns)
{
	char name[64];
	bool syslog = strncmp(h->topics[0], "cgnat.syslog.", 13) == 0;
	if (patterns != NULL && !syslog) {
		migrate_note(p, patterns,
			     "regex_patterns are not carried over: accounting records are not texts, "
			     "and the old handler did not look at them either");
		patterns = NULL;
	}
	snprintf(name, sizeof name, "%s-migrated", h->vendor);
	if (patterns != NULL) {
		migrate_put(p->tree, "vendors", "vendors");
		migrate_script(p, &(struct migrate_script){name, h->topics[0], h->words}, patterns);
		copy_script(p, h->vendor);
		migrate_note(
			p, patterns,
			"regex_patterns: natmill asks them first and vendors/%s.lua for all other lines. The "
			"public versions of the old consumer read these patterns and do not use them, and "
			"take "
			"any unknown action for created: look at the events of real lines with natmill try",
			h->vendor);
	}
	for (size_t i = 0; h->topics[i] != NULL; i++)
		put_topic(p, h->topics[i], patterns != NULL ? name : NULL, h->vendor);
	if (h->note != NULL)
		migrate_note(p, type, "%s: %s", h->class, h->note);
}

/* "MyIspSyslogHandler" to "myisp". */
static void own_name(const char *class, char name[OWN_NAME_MAX + 1])
{
	size_t n = 0;
	const char *end = strstr(class, "Syslog");
	if (end == NULL || end == class)
		end = strstr(class, "Handler");
	for (const char *c = class; *c != '\0' && (c != end || n == 0) && n < OWN_NAME_MAX; c++)
		if (isalnum((unsigned char)*c))
			name[n++] = (char)tolower((unsigned char)*c);
	name[n] = '\0';
	if (n == 0 || find(class) != NULL)
		snprintf(name, OWN_NAME_MAX + 1, "own");
}

/* A handler class of the user's own: its patterns, or a script to start from. */
static void take_own(struct migrate_plan *p, const char *class, const struct node *type,
		     const struct node *patterns)
{
	const char *names[HANDLERS];
	char name[OWN_NAME_MAX + 1];
	char topic[64];
	char path[128];
	own_name(class, name);
	snprintf(topic, sizeof topic, "cgnat.syslog.%s", name);
	migrate_put(p->tree, "vendors", "vendors");
	put_topic(p, topic, name, NULL);
	if (patterns != NULL) {
		migrate_script(p, &(struct migrate_script){name, topic, other_words}, patterns);
	} else {
		struct strbuf script = {0};
		struct strbuf samples = {0};
		new_skeleton(name, &script, &samples);
		snprintf(path, sizeof path, "vendors/%s.lua", name);
		migrate_file(p, path, false)->text = script;
		snprintf(path, sizeof path, "vendors/%s.samples", name);
		migrate_file(p, path, false)->text = samples;
	}
	for (size_t i = 0; i < HANDLERS; i++)
		names[i] = handlers[i].class;
	const char *near = near_name(class, names, HANDLERS);
	if (near != NULL && strncasecmp(near, class, 3) != 0)
		near = NULL; /* all end alike, so a name of one's own may seem near */
	migrate_open(p, type,
		     "the handler %.60s%s%s%s is code of your own, which natmill cannot read: its topic is "
		     "not known, "
		     "`%s` stands for it in natmill.yaml; write in vendors/%s.lua what its lines mean "
		     "(`natmill new` "
		     "makes a script of real lines)",
		     class, near != NULL ? " (or is it meant to be " : "", near != NULL ? near : "",
		     near != NULL ? "?)" : "", topic, name);
}

static void take_class(struct migrate_plan *p, const struct node *type, const struct node *patterns)
{
	const char *dot = strrchr(type->text, '.');
	const char *class = dot != NULL ? dot + 1 : type->text;
	const struct handler *h = find(class);
	if (h != NULL)
		take_known(p, h, type, patterns);
	else
		take_own(p, class, type, patterns);
}

void migrate_handler(struct migrate_plan *p, const struct node *old)
{
	static const struct migrate_row rows[] = {{.old = "type", .as = MIGRATE_PART, .required = true},
						  {.old = "options", .as = MIGRATE_BRANCH},
						  {0}};
	static const struct migrate_row option_rows[] = {{.old = "regex_patterns", .as = MIGRATE_BRANCH},
							 {0}};
	static const struct migrate_owner owner = {"handler", ""};
	static const struct migrate_owner option_owner = {"the handler's options", ""};
	if (old == NULL || node_is_null(old)) {
		migrate_open(p, old,
			     "there is no handler: natmill reads all topics that its scripts declare. Name "
			     "yours in "
			     "the section topics");
		return;
	}
	if (old->kind != NODE_MAP) {
		migrate_wrong(p, old, "handler must be a map with a type: the old consumer does not start");
		return;
	}
	migrate_rows(p, rows, old, p->tree, &owner);
	const struct node *type = node_get(old, "type");
	const struct node *options = node_get(old, "options");
	if (options != NULL && options->kind == NODE_MAP)
		migrate_rows(p, option_rows, options, p->tree, &option_owner);
	else if (options != NULL && !node_is_null(options))
		migrate_wrong(p, options, "options must be a map: the old consumer does not start with it");
	if (type != NULL && type->kind == NODE_SCALAR && type->text[0] != '\0')
		take_class(p, type, patterns_of(p, options));
}
