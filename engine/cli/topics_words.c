/* SPDX-License-Identifier: Apache-2.0
 *
 * How findings are said: one line for all topics of a kind, with what, why and what to do; see topics.h.
 */
#include <ctype.h>
#include <inttypes.h>

#include "base/quantity.h"
#include "cli/topics.h"

#define NAMES_MAX 8 /* that one line lists */
#define CONFIGS                                                                                              \
	"kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config " \
	"%s"
#define PARTITIONS "kafka-topics.sh --bootstrap-server %s --alter --topic %s --partitions %" PRId64

struct words {
	const char *what;
	const char *why;
};

static const struct words words[] = {
	[TOPICS_MISSING] = {"not on the cluster", "nothing can be written there or read; `natmill topics "
						  "--create` makes what is missing"},
	[TOPICS_NO_MATCH] = {"no topic fits the pattern", "nothing is read; make the topics, or mend it"},
	[TOPICS_UNUSED] = {"declared by scripts, and not on the cluster",
			   "as it should be if no such device logs; else `natmill topics --create TOPIC`"},
	[TOPICS_REFUSED] = {"may not be described", "give natmill's user the rights Describe and Read on "
						    "the topic, or Write where an output writes"},
	[TOPICS_LEADER] = {"partitions that no broker leads", "they can be neither written nor read: bring "
							      "their brokers back"},
	[TOPICS_IN_SYNC] = {"partitions with replicas behind or away",
			    "the next broker that fails may stop them: look at the brokers"},
	[TOPICS_SINGLE] = {"replication 1", "a broker that is away stops its partitions, a lost disk loses "
					    "their messages. Right for a test; in production have three "
					    "brokers and replication 3 (kafka-reassign-partitions.sh)"},
	[TOPICS_DOUBLE] = {"replication 2", "with a broker away either writes stop or one copy must do; "
					    "three serve both"},
	[TOPICS_WRITES] = {"min.insync.replicas as high as the replication",
			   "a single broker that is away stops all writes"},
	[TOPICS_ONE_COPY] = {"min.insync.replicas 1", "what the collectors take for stored may be on one "
						      "broker alone, and lost with it"},
	[TOPICS_UNCLEAN] = {"unclean leader election", "a broker that lacks messages may become leader, and "
						       "they are lost"},
	[TOPICS_COMPACT] = {"cleaned up by compaction", "of messages with the same key only the last stays, "
							"and those without key are refused"},
	[TOPICS_LOST] = {"messages deleted before the group read them",
			 "a loss; natmill reports it as a gap. Raise the retention, or the speed"},
	[TOPICS_RETENTION] = {"kept for less than the longest outage", "what is not read by then is deleted "
								       "unread"},
	[TOPICS_CUT] = {"retention.bytes deletes long before retention.ms",
			"an outage that is longer loses messages. Raise it, or have no bound"},
	[TOPICS_BYTES] = {"retention.bytes is set", "more traffic means less time, perhaps less than the "
						    "longest outage; nothing was deleted by it yet"},
	[TOPICS_SMALL] = {"max.message.bytes below what is sent at once",
			  "the broker refuses full batches of a producer whose batch.size is larger"},
	[TOPICS_LETTERS] =
		{"max.message.bytes below that of the topics read",
		 "the largest messages would not fit as dead letters, and hold up their partition"},
	[TOPICS_TIME] = {"messages get the broker's time", "it becomes the time of events that tell none, "
							   "later by what the collector held back"},
	[TOPICS_IDLE] = {"consumers without a partition", "more partitions, or fewer workers"},
	[TOPICS_NARROW] = {"fewer partitions than consumers", "only so many read it at a time: as many "
							      "partitions as consumers"},
	[TOPICS_UNEVEN] = {"partitions are no multiple of the consumers", "some have more to do than others"},
};

const char *topics_kind_name(enum topics_kind kind)
{
	static const char *const names[] = {
#define X(name, warning) #name,
		TOPICS_KINDS(X)
#undef X
	};
	return names[kind];
}

size_t topics_same(const struct topics_findings *all, size_t from)
{
	size_t n = 1;
	while (from + n < all->n && all->items[from + n].kind == all->items[from].kind)
		n++;
	return n;
}

static void add_names(const struct topics_finding *f, size_t n, struct strbuf *out)
{
	for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
		strbuf_printf(out, "%s%s", i > 0 ? ", " : "", f[i].topic != NULL ? f[i].topic : "");
		if (f[i].figure[0] != '\0')
			strbuf_printf(out, f[i].topic != NULL ? " (%s)" : "%s", f[i].figure);
	}
	if (n > NAMES_MAX)
		strbuf_printf(out, " and %zu more", n - NAMES_MAX);
}

/* The command for the one topic; for several with a word in the place of the name. */
static void add_command(const struct topics_view *v, const struct topics_finding *f, size_t n,
			struct strbuf *out)
{
	const char *topic = n == 1 ? f->topic : "TOPIC";
	if (f->setting[0] == '\0' && f->partitions == 0)
		return;
	strbuf_adds(out, "; mend it with: ");
	if (f->setting[0] != '\0')
		strbuf_printf(out, CONFIGS, v->brokers, topic, f->setting);
	else
		strbuf_printf(out, PARTITIONS, v->brokers, topic, f->partitions);
}

void topics_say(const struct topics_view *v, const struct topics_finding *f, size_t n, struct strbuf *out)
{
	const struct words *w = &words[f->kind];
	char text[QUANTITY_MAX];
	strbuf_adds(out, w->what);
	if (f->kind == TOPICS_RETENTION)
		strbuf_printf(out, " (kafka.longest_outage %s)", quantity_duration_text(v->outage_ms, text));
	strbuf_adds(out, ": ");
	add_names(f, n, out);
	strbuf_printf(out, ": %s", w->why);
	add_command(v, f, n, out);
}
