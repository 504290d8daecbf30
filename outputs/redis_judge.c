/* SPDX-License-Identifier: Apache-2.0
 *
 * What an error of Redis means: the first word is its code (source: the errors of redis 7, src/server.c).
 * Only what is known to be about one key or value refuses an event; whatever else a server, a proxy or a fork
 * of Redis may say is tried again, with an alarm where it will not pass by itself.
 */
#include "outputs/redis.h"

#include <stdio.h>
#include <string.h>

#include "output/hide.h"

struct judgement {
	const char *code;
	struct redis_verdict verdict;
};

static const char cluster[] = " (cluster mode is not supported: give the address of a server that is no "
			      "cluster, or of a proxy)";
static const char login[] = " (mend user, password or the server's ACL)";

static const struct judgement judgements[] = {
	{"WRONGTYPE", {.reject = true, .hint = ""}},
	{"LOADING", {.hint = ""}},
	{"BUSY", {.hint = ""}},
	{"TRYAGAIN", {.hint = ""}},
	{"MASTERDOWN", {.reopen = true, .hint = ""}},
	{"READONLY", {.alarm = true, .reopen = true, .hint = " (give the address of the master)"}},
	{"OOM", {.alarm = true, .hint = " (raise maxmemory, set key_ttl, or choose an eviction policy)"}},
	{"MISCONF", {.alarm = true, .hint = ""}},
	{"NOREPLICAS", {.alarm = true, .hint = ""}},
	{"CLUSTERDOWN", {.alarm = true, .hint = cluster}},
	{"MOVED", {.alarm = true, .hint = cluster}},
	{"ASK", {.alarm = true, .hint = cluster}},
	{"CROSSSLOT", {.alarm = true, .hint = cluster}},
	{"NOAUTH", {.alarm = true, .reopen = true, .hint = login}},
	{"WRONGPASS", {.alarm = true, .reopen = true, .hint = login}},
	{"NOPERM", {.alarm = true, .reopen = true, .hint = login}},
	{"DENIED", {.alarm = true, .reopen = true, .hint = ""}},
};

/* Of the many errors without a code of their own, those that are the value's fault. */
static const char *const of_the_value[] = {"exceeds maximum allowed size", "too large", "too long"};

struct redis_verdict redis_judge(const char *error)
{
	size_t n = strcspn(error, " ");
	for (size_t i = 0; i < sizeof judgements / sizeof judgements[0]; i++)
		if (strlen(judgements[i].code) == n && strncmp(error, judgements[i].code, n) == 0)
			return judgements[i].verdict;
	bool protocol = strstr(error, "Protocol error") != NULL; /* the server closes the connection */
	for (size_t i = 0; i < sizeof of_the_value / sizeof of_the_value[0] && !protocol; i++)
		if (strstr(error, of_the_value[i]) != NULL)
			return (struct redis_verdict){.reject = true, .hint = ""};
	return (struct redis_verdict){.alarm = true, .reopen = true, .hint = ""};
}

const char *redis_words(const struct redis *s, const char *error, char words[REDIS_WORDS])
{
	snprintf(words, REDIS_WORDS, "%s", error);
	hide_one(words, s->password);
	return words;
}

int redis_refuse(struct redis *s, const char *doing, const char *error, struct output_result *r)
{
	struct redis_verdict verdict = redis_judge(error);
	char words[REDIS_WORDS];
	output_retry(r, verdict.alarm || verdict.reject, "redis %s: %s: %s%s", s->where, doing,
		     redis_words(s, error, words), verdict.hint);
	r->reopen = verdict.reopen;
	if (verdict.reopen)
		redis_disconnect(s);
	return -1;
}
