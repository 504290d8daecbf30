/* SPDX-License-Identifier: Apache-2.0
 *
 * A topic as people write it: its name, or ^regex. librdkafka subscribes by POSIX extended expressions, so
 * the same are used here to know which scripts a topic of the subscription belongs to.
 */
#include <stdlib.h>
#include <string.h>

#include "script/generation_data.h"

/* Kafka's rule for the names of topics. */
#define TOPIC_NAME_MAX 249
#define TOPIC_NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

int pattern_compile(struct pattern *p, const char *text, struct err *e)
{
	size_t len = strlen(text);
	*p = (struct pattern){.is_regex = text[0] == '^'};
	if (len == 0 || len > TOPIC_NAME_MAX)
		return err_set(e, ERR_CONFIG, "topic \"%.80s\": must have 1 to %d bytes", text,
			       TOPIC_NAME_MAX);
	if (!p->is_regex && strspn(text, TOPIC_NAME_BYTES) != len)
		return err_set(
			e, ERR_CONFIG,
			"topic \"%.80s\": letters, digits, '.', '_' and '-' only; a pattern begins with ^",
			text);
	if (p->is_regex) {
		int rc = regcomp(&p->regex, text, REG_EXTENDED | REG_NOSUB);
		char why[128];
		if (rc != 0) {
			regerror(rc, &p->regex, why, sizeof why);
			return err_set(e, ERR_CONFIG, "topic \"%.80s\": %s", text, why);
		}
	}
	p->text = xstrdup(text);
	return 0;
}

void pattern_free(struct pattern *p)
{
	if (p->text != NULL && p->is_regex)
		regfree(&p->regex);
	free(p->text);
	p->text = NULL;
}

bool pattern_matches(const struct pattern *p, const char *topic)
{
	if (p->is_regex)
		return regexec(&p->regex, topic, 0, NULL, 0) == 0;
	return strcmp(p->text, topic) == 0;
}
