/* SPDX-License-Identifier: Apache-2.0
 *
 * What scripts/vendor.lua calls while a script's file runs: each declaration goes to the script that is
 * loading.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "event/field_synonym.h"
#include "event/timeparse.h"
#include "script/ffi_api.h"
#include "script/generation_data.h"
#include "script/walk.h"

int nm_abi(uint32_t text_size)
{
	return text_size == sizeof(struct nm_text) ? NM_ABI : -1;
}

const struct nm_text *nm_error(struct host *h)
{
	h->answer = (struct nm_text){.data = h->error.msg, .len = (uint32_t)strlen(h->error.msg)};
	return &h->answer;
}

const char *nm_field_name(int field)
{
	return field >= 0 && field < FIELD_COUNT ? event_fields[field].name : NULL;
}

int nm_field_is_number(int field)
{
	if (field < 0 || field >= FIELD_COUNT)
		return 0;
	enum field_kind kind = event_fields[field].kind;
	return kind == KIND_ACTION || kind == KIND_PROTOCOL || kind == KIND_PORT;
}

const char *nm_near(const char *name, const char *const *names, uint32_t n)
{
	const char *meant = field_synonym(name);
	for (uint32_t i = 0; meant != NULL && i < n; i++)
		if (strcmp(names[i], meant) == 0)
			return names[i];
	return near_name(name, names, n);
}

/* The script that loads, or NULL with the error: a handler cannot declare. */
static struct script *loading(struct host *h)
{
	if (h->loading == NULL)
		err_set(&h->error, ERR_SCRIPT, "only while the script loads, not in a handler");
	return h->loading;
}

int nm_declare_topic(struct host *h, const char *topic)
{
	struct script *s = loading(h);
	if (s == NULL)
		return -1;
	struct pattern p;
	if (pattern_compile(&p, topic, &h->error) != 0)
		return err_prefix(&h->error, "topics");
	pattern_free(&p);
	if (s->topic_count == SCRIPT_TOPICS_MAX)
		return err_set(&h->error, ERR_SCRIPT, "topics: more than %d", SCRIPT_TOPICS_MAX);
	s->topics[s->topic_count++] = xstrdup(topic);
	return 0;
}

/* Templates are compiled for the words known by then. */
static struct script *before_rules(struct host *h, const char *what)
{
	struct script *s = loading(h);
	if (s == NULL || s->rule_count == 0)
		return s;
	err_set(&h->error, ERR_SCRIPT, "%s: must stand before the first template, regex or handler", what);
	return NULL;
}

int nm_declare_action(struct host *h, const char *word, const char *action)
{
	struct script *s = before_rules(h, "actions");
	return s == NULL ? -1 : vocabulary_add_action(&s->words, word, action, &h->error);
}

int nm_declare_protocol(struct host *h, const char *word, double number)
{
	struct script *s = before_rules(h, "protocols");
	if (s == NULL)
		return -1;
	if (!(number >= 0 && number <= 255) || number != floor(number))
		return err_set(&h->error, ERR_SCRIPT,
			       "protocol word \"%.80s\": must be a number from 0 to 255", word);
	return vocabulary_add_protocol(&s->words, word, (int)number, &h->error);
}

int nm_declare_zone(struct host *h, const char *zone)
{
	struct script *s = loading(h);
	if (s == NULL)
		return -1;
	if (time_zone_parse(zone, strlen(zone), &s->zone_s) != 0)
		return err_set(&h->error, ERR_SCRIPT,
			       "zone \"%.80s\": must be UTC, or hours and minutes east of it: +02:00", zone);
	return 0;
}

int nm_declare_records(struct host *h, const char *separator, uint32_t len)
{
	struct script *s = loading(h);
	if (s == NULL)
		return -1;
	if (len == 0 || len > SCRIPT_SEPARATOR_MAX)
		return err_set(&h->error, ERR_SCRIPT, "records: the separator must have 1 to %d bytes",
			       SCRIPT_SEPARATOR_MAX);
	memcpy(s->separator, separator, len);
	s->separator_len = len;
	return 0;
}

int nm_declare_ignore_untranslated(struct host *h)
{
	struct script *s = loading(h);
	if (s == NULL)
		return -1;
	s->ignore_untranslated = true;
	return 0;
}

const char *nm_reader_name(int reader)
{
	return reader >= 0 && reader < READER_COUNT ? reader_name((enum reader)reader) : NULL;
}

/* The rule declared last knows its line, for the warnings of natmill check. Returns the answer of its
 * declaration. */
static int with_line(const struct host *h, struct script *s, int answer)
{
	const char *slash = strrchr(s->path, '/');
	if (answer >= 0)
		s->rules[s->rule_count - 1].line = state_line(&h->state, slash != NULL ? slash + 1 : s->path);
	return answer;
}

int nm_declare_reader(struct host *h, int reader, const char *name)
{
	struct script *s = loading(h);
	return s == NULL ? -1 : with_line(h, s, script_add_reader(s, reader, name, &h->error));
}

int nm_declare_key(struct host *h, const char *key, uint32_t key_len, const char *text, uint32_t len)
{
	struct script *s = loading(h);
	return s == NULL ? -1 : script_add_key(s, key, key_len, text, len, &h->error);
}

int nm_declare_rule(struct host *h, int kind, const char *name, const char *text, uint32_t len)
{
	struct script *s = loading(h);
	if (s == NULL)
		return -1;
	if (kind != NM_RULE_HANDLER)
		return with_line(h, s, script_add_rule(s, kind, name, text, len, &h->error));
	if (with_line(h, s, script_add_handler(s, h->handler_count + 1, &h->error)) != 0)
		return -1;
	return ++h->handler_count;
}

int nm_declare_constant(struct host *h, const char *field, const char *value, uint32_t len)
{
	struct script *s = loading(h);
	return s == NULL ? -1 : script_add_constant(s, field, value, len, &h->error);
}

int nm_declare_end(struct host *h)
{
	struct script *s = loading(h);
	return s == NULL ? -1 : script_end_rule(s, &h->error);
}
