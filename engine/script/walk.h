/* SPDX-License-Identifier: Apache-2.0
 *
 * The way through a batch, for script/ only: which message and record is under way, what was tried on it and
 * how it is settled. struct host is here because everything that Lua calls works on it. One thread.
 */
#ifndef NATMILL_SCRIPT_WALK_H
#define NATMILL_SCRIPT_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "event/batch.h"
#include "event/envelope.h"
#include "script/ended.h"
#include "script/ffi_api.h"
#include "script/host.h"
#include "script/script.h"
#include "script/state.h"

struct route {
	char *topic; /* NULL: made for a command */
	uint32_t *scripts;
	size_t count;
	const char *separator; /* of the first script that declares one */
	size_t separator_len;
	const struct by_host *by_host; /* the generation's; NULL = all hosts alike */
	size_t first_host;             /* the route of its first key; the others follow */
	struct ip host;
	int32_t zone_s;          /* the topic's option, or TIME_ZONE_UNKNOWN */
	int32_t envelope_zone_s; /* of headers and collectors: that, else what the first script declares */
};

/* Where a rule stopped that has no template to explain it: a regex whose group is no value of its field. */
struct bad_value {
	const struct rule *rule; /* NULL = none */
	enum event_field field;
	uint32_t pos;
};

/* A template that has fitted so many records in a row most likely fits the next one too: the words it needs
 * are not looked for first. Where kinds of lines alternate that is seldom reached. */
#define WALK_USUAL 16

struct walk {
	struct batch *batch;
	const struct route *route;
	struct envelope envelope;
	uint32_t next_message;
	uint32_t message;
	uint32_t record;  /* within the message */
	uint32_t dead;    /* records of the message that are dead letters */
	uint32_t index;   /* of the next event: records do not share theirs, so that one that is mended later
			   * changes none of its siblings' */
	struct text rest; /* of the message's text: not yet a record */
	struct text text; /* of the record under way */

	bool open;             /* a record is under way */
	bool handling;         /* its handler runs: the event may be written */
	bool ignored;          /* the handler said so */
	uint32_t first_event;  /* in the batch, of this record */
	uint32_t text_written; /* by handlers, bytes, for this record */
	uint32_t cursor;       /* in the record's text */
	unsigned lacking;      /* enum vocabulary_lack, of the times that rules read in the record */
	uint32_t place;        /* of the script in the route */
	uint32_t next_rule;
	struct needs_seen seen;      /* of the script's words, in the text */
	const struct script *script; /* under trial */
	const struct rule *rule;
	const struct rule *usual; /* the template that fitted last */
	uint32_t in_row;          /* so many records one after the other */
	struct event event;       /* under way */

	struct miss miss; /* what got furthest */
	const struct script *miss_script;
	struct bad_value bad;
	const struct script *bad_script;
	struct { /* the first try, while the record is tried with its program in front; text.len 0 = it is not
		  */
		struct text text;
		uint32_t mark; /* of the arena, before */
		struct bad_value bad;
		const struct script *bad_script;
	} told;
	struct reader_miss keys_miss;
	const struct rule *keys_miss_rule;
	const struct script *keys_miss_script;

	const struct keys *reading_of; /* what the host's reading holds for this record; NULL = nothing */
};

/* A filter's way through the events of one output. */
struct asking {
	uint32_t hidden; /* fields that the filter does not see */
	uint32_t *pick;
	size_t n;
	size_t next; /* place in pick; the event under way is the one before */
	size_t kept;
	const struct source *filter;
	struct strikes *strikes; /* of the filter */
	host_raised_fn *raised;
	void *ctx;
};

struct host {
	struct generation *generation;
	struct host_options options;
	struct state state;
	struct script *scripts; /* in the generation's order */
	size_t script_count;
	struct script *loading; /* its file runs */
	struct strikes
		*strikes; /* of the scripts' handlers, in the generation's order; then of the filters */
	int handler_count;
	struct route *routes;
	size_t route_count;
	struct envelope_reader *reader;
	struct regex_scratch *scratch;
	struct reading reading;
	struct walk walk;
	struct asking asking;
	struct err error; /* of the last refused nm_ call */
	struct nm_text answer;
	struct host_times times;
	char answer_text[64]; /* numbers and addresses on their way to Lua */
	struct strbuf reason;
};

/* Opens the next record of the batch; false at the end. Envelopes that do not open and tombstones are settled
 * here. */
bool walk_record(struct host *h);

/* Settles the record under way. */
void walk_parsed(struct host *h);
void walk_ignored(struct host *h);
void walk_dead(struct host *h, enum dead_kind kind, const struct script *s, const char *rule, uint32_t column,
	       const char *reason);

/* Finishes the event under way and adds it to the batch; -1 with e when it is not valid. */
int walk_add_event(struct host *h, struct err *e);

/* Makes room for n bytes in the batch's arena; false only when the hard limit is reached. */
bool walk_room(struct host *h, uint32_t n);

/* Opens the message's envelope and sets walk.route to that of its host. -1 with e: it is a dead letter. */
int route_open(struct host *h, const struct message *m, struct err *e);

/* n bytes of the batch's arena for texts of this record, ARENA_FULL only when the hard limit is reached. */
uint32_t walk_text(struct host *h, const char *text, uint32_t n);

/* Tries the rules from where the record stands; as nm_next. */
int match_rules(struct host *h);

#endif
