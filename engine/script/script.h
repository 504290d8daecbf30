/* SPDX-License-Identifier: Apache-2.0
 *
 * What one vendor script declared: its words and its rules, compiled. Filled by the declarations
 * (script/declare.c) while the script's file runs, read by the batch loop. Owner: the host of one worker.
 */
#ifndef NATMILL_SCRIPT_SCRIPT_H
#define NATMILL_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "event/reader_rule.h"
#include "event/regex.h"
#include "event/template.h"
#include "event/vocabulary.h"
#include "script/needs.h"

#define SCRIPT_RULES_MAX 1000
#define SCRIPT_TOPICS_MAX 100
#define SCRIPT_SEPARATOR_MAX 16

/* A value for a field that the line does not tell. */
struct constant {
	enum event_field field;
	char *text; /* texts only: copied into the batch's arena with each event */
	uint32_t len;
};

struct rule {
	int line;                  /* of the script, where it was declared; 0 = unknown */
	const char *name;          /* "session_mapping", "ignore", "handler": literals */
	int type;                  /* enum event_type; EVENT_ABSENT: ignore or handler */
	struct template *template; /* one of these four is set */
	struct regex *regex;
	struct reader_rule *keys;
	enum reader reader; /* of keys */
	int handler;        /* its number in the Lua side, from 1 */
	uint64_t needs;     /* of the script's words: all of them stand in a record that it fits */
	struct constant constants[FIELD_COUNT];
	size_t constant_count;
	struct event values; /* of the constants that are no texts */
};

struct script {
	const char *name; /* these three belong to the generation */
	const char *path;
	const char *hash;
	struct vocabulary words;
	struct keys *keys[READER_COUNT]; /* that its rules ask for; NULL = it does not use the reader */
	int32_t zone_s;                  /* declared, or TIME_ZONE_UNKNOWN */
	struct rule *rules;
	size_t rule_count;
	struct needs needs; /* words that tell its rules apart */
	char *topics[SCRIPT_TOPICS_MAX];
	size_t topic_count;
	char separator[SCRIPT_SEPARATOR_MAX]; /* between records */
	size_t separator_len;                 /* 0: a message is one record */
	bool ignore_untranslated;             /* an event whose public side is the inside one is none */
};

void script_init(struct script *s);
void script_free(struct script *s);

/* Adds a template or regex; name as in struct rule. -1 with e. */
int script_add_rule(struct script *s, int kind, const char *name, const char *text, size_t len,
		    struct err *e);

/* Adds a function; its number is the caller's. */
int script_add_handler(struct script *s, int number, struct err *e);

/* Adds a rule over the keys of a reader, which script_add_key then names. */
int script_add_reader(struct script *s, int reader, const char *name, struct err *e);
int script_add_key(struct script *s, const char *key, size_t key_len, const char *template, size_t len,
		   struct err *e);

/* Adds a constant to the last rule. */
int script_add_constant(struct script *s, const char *field, const char *value, size_t len, struct err *e);

/* The last rule is whole: can it make a valid event at all? -1 with the field that is missing. */
int script_end_rule(struct script *s, struct err *e);

#endif
