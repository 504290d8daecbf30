/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: the rules drafted for clusters of lines, each tried on the lines of its cluster. What was not
 * sure, or did not read its own lines, is no rule but a question. Owner: the command.
 */
#ifndef NATMILL_CLI_NEW_DRAFT_H
#define NATMILL_CLI_NEW_DRAFT_H

#include "base/err.h"
#include "base/strbuf.h"
#include "event/cluster.h"
#include "event/guess.h"
#include "event/reader_rule.h"

#define DRAFT_KEYS_MAX 24

enum draft_state {
	DRAFT_RULE,
	DRAFT_COVERED, /* an earlier rule reads its lines */
	DRAFT_DOUBTFUL
};

/* A key and the template of its value. */
struct draft_key {
	struct strbuf key; /* empty: what stands in front of the first pair */
	struct strbuf text;
};

struct draft {
	const struct cluster *cluster;
	struct guess guess;
	enum draft_state state;
	int form;           /* enum reader, or FORM_TEXT */
	struct strbuf text; /* the template; may be empty when doubtful */
	struct draft_key keys[DRAFT_KEYS_MAX];
	size_t key_count;
	struct template *template; /* one of the two; neither when it does not compile */
	struct reader_rule *rule;
	struct keys *names; /* of the rule */
	size_t skips;       /* parts that it skips */
	size_t fields;      /* and that it reads */
	struct strbuf left; /* what it does not read: "nport (1024), cust (4711)"; empty: nothing */
	size_t left_count;
	bool asks;             /* a key that the guess knows nothing of is taken for the action */
	char why[ERR_MSG_MAX]; /* of a doubtful one: what the engine said; "" = see guess.doubts */
};

struct draft_word {
	char text[VOCABULARY_WORD_MAX + 1];
};

struct drafts {
	struct draft *items; /* in the order in which the rules stand in the script */
	size_t count;
	struct vocabulary words;  /* with the actions that the lines have */
	struct draft_word *asked; /* words that may be actions, and of which nobody knows the meaning */
	size_t asked_count;
	bool no_zone;      /* a rule reads a time that tells no zone */
	bool untranslated; /* some lines tell of connections that are not translated */
	struct envelope_reader *reader;
	struct arena arena; /* of the line under trial */
};

/* The set must outlive the drafts. Its clusters' kinds are forms (cli/new_form.h). */
void drafts_make(struct drafts *d, const struct cluster_set *set);
void drafts_free(struct drafts *d);

/* The name of the rule in scripts: "session_mapping", "ignore". */
const char *draft_rule(const struct draft *d);

/* Fills text (FORM_TEXT or an ignore) or keys with what the guess makes of the cluster's first line, and
 * counts what it skips. */
void draft_write(struct draft *d);

/* Adds a text as a template that fits it: characters that mean something there are doubled. */
void draft_literal(struct strbuf *out, const char *s, size_t n);

/* Opens a line of a cluster; data and texts are then in the arena, up to the next one. -1: it is broken. */
int draft_open(struct drafts *all, const struct cluster_line *line, struct envelope *env);

/* Notes a word, of n bytes, that may be an action. */
void drafts_ask(struct drafts *all, const char *word, size_t n);

/* Fills left. A number that may be a port, where the rule has no public port, makes the draft doubtful. Where
 * nothing tells the action, a key whose words change is taken for it. */
void draft_left(struct drafts *all, struct draft *d);

/* The key and the word that tell lines of this kind from others, when the cluster's lines have one that is
 * the same in all: `ev`, `keepalive`. Adds both; false when there is none. */
bool draft_ignored(struct drafts *all, const struct draft *d, struct strbuf *key, struct strbuf *value);

/* Adds a template for lines that begin as the cluster's first; nothing when it does not begin with a word. */
size_t draft_beginning(const struct draft *d, struct strbuf *out);

#endif
