/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the lines of control/reload and control/reload_plan by how they begin; see reload_show.h. A line that
 * is not known is shown like the one before it: nothing is left out.
 */
#include "cli/reload_show.h"

#include <stdio.h>
#include <string.h>

#include "cli/dead.h"

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"
#define HEAD_WIDTH 9

struct lines {
	const char *at;
	const char *line;
	size_t len;
};

static bool next_line(struct lines *l)
{
	if (*l->at == '\0')
		return false;
	l->line = l->at;
	l->len = strcspn(l->at, "\n");
	l->at += l->len + (l->at[l->len] == '\n');
	return true;
}

static bool begins(const struct lines *l, const char *prefix)
{
	return strncmp(l->line, prefix, strlen(prefix)) == 0;
}

static bool ends(const struct lines *l, const char *suffix)
{
	size_t n = strlen(suffix);
	return l->len >= n && memcmp(l->line + l->len - n, suffix, n) == 0;
}

/* What all workers and the last line tell. */
struct outcome {
	unsigned generation; /* 0 = not told */
	size_t live;
	size_t pending;
};

static struct outcome read_outcome(const char *answer)
{
	struct lines l = {.at = answer};
	struct outcome o = {0};
	while (next_line(&l)) {
		if (begins(&l, "generation "))
			sscanf(l.line, "generation %u", &o.generation); /* NOLINT(cert-err34-c): 0 = none */
		else if (begins(&l, "refused: generation "))
			sscanf(l.line, "refused: generation %u", &o.generation); /* NOLINT(cert-err34-c) */
		else if (begins(&l, "worker "))
			*(ends(&l, ": live") ? &o.live : &o.pending) += 1;
	}
	return o;
}

/* Under which head a line stands; that of the line before when it is not known. */
static const char *head_of(const struct lines *l, const char *before)
{
	static const char *const changes[] = {"configuration: ", "scripts: ", "filter scripts: ", "topics: ",
					      "nothing has changed"};
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
		if (begins(l, changes[i]))
			return "changed";
	if (begins(l, "shadow run: "))
		return "tried";
	return begins(l, "worker ") ? "pending" : before;
}

static const char *colour_of(const struct lines *l, const char *head)
{
	if (strcmp(head, "pending") == 0)
		return YELLOW;
	if (strcmp(head, "tried") == 0)
		return memmem(l->line, l->len, " last seen", strlen(" last seen")) != NULL ? DIM : YELLOW;
	return begins(l, "nothing ") ? DIM : "";
}

static void add_line(struct strbuf *out, const char *head, const char *colour, const char *text, size_t n)
{
	strbuf_printf(out, BOLD "%-*s" PLAIN "%s", HEAD_WIDTH, head, colour);
	dead_add_plain(out, text, n);
	strbuf_adds(out, PLAIN "\n");
}

static void show_done(const char *answer, struct strbuf *out)
{
	struct lines l = {.at = answer};
	struct outcome o = read_outcome(answer);
	char live[80];
	const char *head = "changed";
	const char *shown = "";
	bool told = false;
	while (next_line(&l)) {
		bool last = begins(&l, "generation ");
		if (last || (begins(&l, "worker ") && ends(&l, ": live"))) {
			int n = snprintf(live, sizeof live, "generation %u in %zu of %zu workers",
					 o.generation, o.live, o.live + o.pending);
			if (!told)
				add_line(out, "live", o.pending > 0 ? YELLOW : GREEN, live, (size_t)n);
			told = true;
			continue;
		}
		head = head_of(&l, head);
		size_t skip = begins(&l, "shadow run: ") ? strlen("shadow run: ") : 0;
		add_line(out, head == shown ? "" : head, colour_of(&l, head), l.line + skip, l.len - skip);
		shown = head;
	}
}

/* What a sample lacks and has too much, errors, and the last line. */
static void show_refused(const char *answer, struct strbuf *out)
{
	struct lines l = {.at = answer};
	while (next_line(&l)) {
		const char *colour = begins(&l, "  - ")       ? RED
				     : begins(&l, "  + ")     ? GREEN
				     : begins(&l, "refused:") ? BOLD RED
							      : "";
		strbuf_adds(out, colour);
		dead_add_plain(out, l.line, l.len);
		strbuf_adds(out, *colour != '\0' ? PLAIN "\n" : "\n");
	}
}

void reload_show_person(const char *answer, bool done, struct strbuf *out)
{
	if (done)
		show_done(answer, out);
	else
		show_refused(answer, out);
}

void reload_show_json(const char *answer, bool done, struct strbuf *out)
{
	struct lines l = {.at = answer};
	struct outcome o = read_outcome(answer);
	strbuf_printf(out, "{\"outcome\":\"%s\",\"generation\":%u,\"live\":%zu,\"pending\":%zu,\"lines\":[",
		      done ? "done" : "refused", o.generation, o.live, o.pending);
	for (bool first = true; next_line(&l); first = false) {
		strbuf_adds(out, first ? "" : ",");
		strbuf_add_json(out, l.line, l.len);
	}
	strbuf_adds(out, "]}\n");
}
