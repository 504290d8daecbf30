/* SPDX-License-Identifier: Apache-2.0
 *
 * What the Lua side of the engine (scripts/) may call in C. One text, two readers: C includes it, and the
 * build preprocesses it with NATMILL_FFI_CDEF for LuaJIT's ffi.cdef. Vendor scripts never see any of it:
 * scripts/message.lua stands between. Every function takes the worker's host; lengths come with every text;
 * nothing calls back into Lua. Functions that can refuse return 0, or -1 with the reason in nm_error().
 * Change NM_ABI with any change here.
 */
#ifndef NATMILL_SCRIPT_FFI_API_H
#define NATMILL_SCRIPT_FFI_API_H

#ifdef NATMILL_FFI_CDEF
#define NM_API
#else
#include <stdint.h>
#define NM_API __attribute__((visibility("default")))
#endif

struct host;

/* A text that C owns: read it at once, the next call may move it. */
struct nm_text {
	const char *data;
	uint32_t len;
};

enum { NM_ABI = 4 };

/* What nm_next returns besides the number of a handler to run. */
enum { NM_END = 0, NM_DONE = -1 };

/* Kinds of rules. */
enum { NM_RULE_TEMPLATE, NM_RULE_REGEX, NM_RULE_HANDLER };

/* Besides the fields of the table, by their place in it: the event's type. */
enum { NM_FIELD_TYPE = 1000 };

/* Parts of a message. */
enum { NM_PART_TEXT, NM_PART_HOST, NM_PART_HOST_NAME, NM_PART_PROGRAM, NM_PART_TOPIC, NM_PART_TIMESTAMP };

/* The two sides must agree on these: checked when the state starts. */
NM_API int nm_abi(uint32_t text_size);

/* The reason of the last refusal. */
NM_API const struct nm_text *nm_error(struct host *h);

/* The name of the field at this place of the table, NULL behind the last; true when its value is a number. */
NM_API const char *nm_field_name(int field);
NM_API int nm_field_is_number(int field);

/* Each loop and function of a script asks, once a turn: 1 = the limit is reached, with the reason in
 * nm_error().
 */
NM_API int nm_over(struct host *h);

/* The nearest of n names, NULL if none is near. */
NM_API const char *nm_near(const char *name, const char *const *names, uint32_t n);

/* Declarations, only while a script's file runs. */
NM_API int nm_declare_topic(struct host *h, const char *topic);
NM_API int nm_declare_action(struct host *h, const char *word, const char *action);
NM_API int nm_declare_protocol(struct host *h, const char *word, double number);
NM_API int nm_declare_zone(struct host *h, const char *zone);
NM_API int nm_declare_records(struct host *h, const char *separator, uint32_t len);
/* name: the event type's script name, "ignore" or "handler". For a handler: text is empty, returns its number
 * (> 0). */
NM_API int nm_declare_rule(struct host *h, int kind, const char *name, const char *text, uint32_t len);
/* Instead, a rule over the keys of a reader (by its place in their table; NULL behind the last): each value
 * must fit its template. */
NM_API const char *nm_reader_name(int reader);
NM_API int nm_declare_reader(struct host *h, int reader, const char *name);
NM_API int nm_declare_key(struct host *h, const char *key, uint32_t key_len, const char *text, uint32_t len);
/* An event whose public side is the inside one is no translation: ignored. */
NM_API int nm_declare_ignore_untranslated(struct host *h);
/* A field's value where the line does not tell it; belongs to the rule declared last. */
NM_API int nm_declare_constant(struct host *h, const char *field, const char *value, uint32_t len);
/* The rule declared last is whole: can it make a valid event at all? */
NM_API int nm_declare_end(struct host *h);

/* The batch loop. nm_next settles the record under way or takes the next one and tries the rules that C can
 * run. Returns NM_DONE (settled; call again), NM_END (no more records), or the number of the handler to run.
 */
NM_API int nm_next(struct host *h);
/* The handler raised: what it emitted for this record is discarded, the record is a dead letter. */
NM_API void nm_raised(struct host *h, const char *reason, uint32_t len);

/* The filter loop. nm_filter_next: the next event is under way, to be read; 0 = no more. Then one of the two:
 * does it stay, or did the filter raise. */
NM_API int nm_filter_next(struct host *h);
NM_API void nm_filter_answer(struct host *h, int stays);
NM_API void nm_filter_raised(struct host *h, const char *reason, uint32_t len);

/* The event under way, only inside a handler or a filter. */
NM_API int nm_set_text(struct host *h, int field, const char *value, uint32_t len);
NM_API int nm_set_number(struct host *h, int field, double value);
NM_API int nm_unset(struct host *h, int field);
NM_API double nm_get_number(struct host *h, int field);              /* not a number = absent */
NM_API const struct nm_text *nm_get_text(struct host *h, int field); /* NULL = absent */
NM_API int nm_emit(struct host *h);
NM_API int nm_ignore(struct host *h);

/* The message under way. NULL = it has none. */
NM_API const struct nm_text *nm_message(struct host *h, int part);
NM_API const struct nm_text *nm_member(struct host *h, const char *key, uint32_t len);

/* The cursor over the record's text. skip, find, read and endpoint: 1 and moved, or 0 and not moved. */
NM_API void nm_cursor_start(struct host *h);
NM_API int nm_cursor_skip(struct host *h, const char *text, uint32_t len);
NM_API int nm_cursor_find(struct host *h, const char *text, uint32_t len);
NM_API int nm_cursor_read(struct host *h, int field);
NM_API int nm_cursor_endpoint(struct host *h, int ip_field, int port_field);
NM_API const struct nm_text *nm_cursor_word(struct host *h);
NM_API double nm_cursor_number(struct host *h);
NM_API const struct nm_text *nm_cursor_rest(struct host *h);
NM_API int nm_cursor_position(struct host *h); /* from 1 */

#endif
