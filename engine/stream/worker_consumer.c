/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's consumer, opened and made anew; see worker_consumer.h.
 */
#include "stream/worker_consumer.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define FENCED_WITHIN_MS 30000 /* two sessions where those are longer */

int worker_consumer_open(struct worker *w)
{
	const char *const *topics;
	size_t topic_count = generation_topics(w->setup->generation, &topics);
	struct memory_share memory = settings_memory_share(w->config->engine);
	const struct consumer_config config = {.settings = w->config->kafka,
					       .prefetch = memory.prefetch,
					       .fetch = memory.fetch,
					       .topics = topics,
					       .worker = w->number,
					       .topic_count = topic_count,
					       .stats = &w->stats,
					       .stop = &w->config->stop_deadline,
					       .others_commit = sinks_commit_group(w->setup->outputs,
										   w->setup->output_count)};
	return consumer_open(&w->consumer, &config, &w->why);
}

/* Another handle. Between batches, so nothing is under way; what the old one has prefetched is dropped,
 * positions are read anew. Kafka's outages are waited out. */
static int make_anew(struct worker *w)
{
	char cluster_id[sizeof w->consumer.cluster_id];
	memcpy(cluster_id, w->consumer.cluster_id, sizeof cluster_id);
	stats_add(&w->stats.anew, 1);
	atomic_store(&w->joined, false); /* not ready until the other one is a member */
	atomic_store(&w->partitions_reading, 0);
	consumer_close(&w->consumer);
	while (worker_consumer_open(w) != 0) {
		bool stop = atomic_load(&w->config->stop_deadline) != 0;
		if (stop)
			w->why = (struct err){0}; /* asked for: that Kafka is away is no fault then */
		if (stop || w->why.code != ERR_KAFKA)
			return -1;
		log_warn("%s", w->why.msg);
	}
	w->why = (struct err){0};
	w->subscribe = false;
	watchdog_made_anew(&w->watchdog);
	if (strcmp(cluster_id, w->consumer.cluster_id) != 0) /* outputs keep watermarks by it */
		return err_set(&w->why, ERR_KAFKA,
			       "Kafka: the brokers are of another cluster now (%s, was %s); start natmill "
			       "again if that is meant",
			       w->consumer.cluster_id, cluster_id);
	return 0;
}

static int64_t fenced_within_ms(int64_t session_ms)
{
	return 2 * session_ms > FENCED_WITHIN_MS ? 2 * session_ms : FENCED_WITHIN_MS;
}

bool worker_consumer_note_fenced(struct fencings *f, int64_t now_ms, int64_t session_ms)
{
	bool often = f->before_ms != 0 && now_ms - f->before_ms < fenced_within_ms(session_ms);
	*f = (struct fencings){.last_ms = now_ms, .before_ms = f->last_ms};
	return !often;
}

/* Another member has its name. That may be itself: when a coordinator dies librdkafka joins again as a new
 * member, and a commit of the old one that was still on its way is refused as fenced (its issue 3437). So it
 * takes its place back, twice, should a second coordinator die. A rival does the same: of the two, who was
 * fenced first is also the first to be fenced a third time, and ends. */
static int take_place_back(struct worker *w)
{
	int64_t session_ms = w->consumer.session_ms;
	if (!worker_consumer_note_fenced(&w->fencings, clock_mono_ms(), session_ms)) {
		w->why = w->consumer.fatal;
		return -1;
	}
	log_warn(
		"Kafka: worker %u has lost its name in the group (kafka.instance) to another natmill, or a "
		"broker died and Kafka took it for another; its consumer is made anew and takes it back; the "
		"third time within %lld s natmill ends",
		w->number, (long long)fenced_within_ms(session_ms) / 1000);
	return make_anew(w);
}

int worker_consumer_keep(struct worker *w)
{
	if (w->consumer.fenced)
		return take_place_back(w);
	if (w->consumer.fatal.code != ERR_NONE) {
		w->why = w->consumer.fatal;
		return -1;
	}
	switch (watchdog_look(&w->watchdog, &w->consumer, &w->sinks, 0)) {
	case WATCH_ANEW:
		return make_anew(w);
	case WATCH_END:
		return err_set(&w->why, ERR_KAFKA,
			       "Kafka: no progress though messages are there, and a new consumer did not "
			       "help: natmill ends, nothing is lost; look at the brokers' logs and start it "
			       "again");
	default:
		return 0;
	}
}
