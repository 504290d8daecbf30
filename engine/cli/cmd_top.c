/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill top: what a running natmill does, each second anew. A thread of its own asks, so that the keys work
 * also when no answer comes. It goes on when natmill reloads, and waits for it when it is started anew.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ask_json.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/top_frame.h"
#include "cli/top_screen.h"

#define USAGE "[-c FILE] [--once]"
#define EVERY_MS 1000
#define SILENT_MS 3000 /* so long without an answer is told */
#define PATH "/status"

static void help(void)
{
	puts("usage: natmill top " USAGE "\n\n"
	     "What the natmill that runs with this configuration does, each second anew: rates, outputs, "
	     "partitions with\n"
	     "their lag, vendors, workers. q or Ctrl-C ends it.\n\n"
	     "  -c FILE   the configuration of that natmill (default: as natmill run)\n"
	     "  --once    prints it once, whole; so does a pipe in the place of a terminal");
}

/* What the asking thread and the drawing one share. */
struct answers {
	const struct ask *ask;
	int fd; /* eventfd: told of an answer */
	pthread_mutex_t lock;
	struct node *now; /* owned by the drawing one once taken; NULL = none since */
	struct err why;   /* the last one failed; no code = it did not */
};

static void *keep_asking(void *arg)
{
	struct answers *a = arg;
	for (;;) {
		struct err e = {0};
		uint64_t one = 1;
		struct node *answer = ask_json(a->ask, PATH, &e);
		pthread_mutex_lock(&a->lock);
		a->why = e;
		if (answer != NULL) {
			node_free(a->now);
			a->now = answer;
		}
		pthread_mutex_unlock(&a->lock);
		if (write(a->fd, &one, sizeof one) < 0)
			return NULL;
		poll(NULL, 0, EVERY_MS);
	}
}

struct drawing {
	struct node *now;
	struct node *before;
	struct err why;
	int64_t heard_ms;
};

/* Takes the answer, if there is a new one. */
static void take_answer(struct answers *a, struct drawing *d)
{
	uint64_t count;
	if (read(a->fd, &count, sizeof count) < 0)
		return;
	pthread_mutex_lock(&a->lock);
	struct node *now = a->now;
	a->now = NULL;
	d->why = a->why;
	pthread_mutex_unlock(&a->lock);
	d->heard_ms = clock_mono_ms();
	if (now == NULL)
		return;
	node_free(d->before);
	d->before = d->now;
	d->now = now;
}

static void draw(const struct drawing *d)
{
	char notice[ERR_MSG_MAX + 64];
	struct strbuf lines = {0};
	struct top_frame f = {.colour = true};
	int64_t silent = clock_mono_ms() - d->heard_ms;
	top_screen_size(&f.width, &f.height);
	if (d->why.code != ERR_NONE)
		snprintf(notice, sizeof notice, "waiting for natmill: %s", d->why.msg);
	else
		snprintf(notice, sizeof notice, "natmill has not answered for %lld s",
			 (long long)silent / 1000);
	if (d->why.code != ERR_NONE || silent >= SILENT_MS)
		f.notice = notice;
	top_frame(&f, d->now, d->before, &lines);
	top_screen_show(&lines);
	strbuf_free(&lines);
}

static int watch(struct answers *a, struct drawing *d, struct err *e)
{
	pthread_t thread;
	enum top_event event = TOP_NOTHING;
	if (top_screen_open(e) != 0)
		return -1;
	int rc = pthread_create(&thread, NULL, keep_asking, a);
	if (rc != 0)
		err_set(e, ERR_SYSTEM, "cannot start a thread: %s", strerror(rc));
	while (rc == 0 && event != TOP_QUIT) {
		take_answer(a, d);
		draw(d);
		event = top_screen_wait(a->fd, EVERY_MS);
	}
	top_screen_close();
	if (rc == 0)
		_exit(0); /* the thread may be in the midst of asking, and uses what exit() takes apart */
	return -1;
}

/* The first answer: without one there is nothing to watch. */
static int on_terminal(const struct ask *ask, struct err *e)
{
	static struct answers a; /* the thread lives longer than this function */
	static struct drawing d;
	static struct ask where;
	where = *ask;
	a = (struct answers){.ask = &where, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	pthread_mutex_init(&a.lock, NULL);
	d = (struct drawing){.now = ask_json(ask, PATH, e), .heard_ms = clock_mono_ms()};
	return d.now != NULL ? watch(&a, &d, e) : -1;
}

/* Two answers, a second apart, for the rates. */
static int once(const struct ask *ask, struct err *e)
{
	const struct top_frame f = {.width = SIZE_MAX, .height = SIZE_MAX};
	struct node *before = ask_json(ask, PATH, e);
	if (before == NULL)
		return -1;
	poll(NULL, 0, EVERY_MS);
	struct node *now = ask_json(ask, PATH, e);
	struct strbuf lines = {0};
	if (now != NULL)
		top_frame(&f, now, before, &lines);
	int rc = now != NULL ? cli_write(&lines, e) : -1;
	strbuf_free(&lines);
	node_free(now);
	node_free(before);
	return rc;
}

static bool is_screen(void)
{
	const char *term = getenv("TERM");
	return isatty(STDOUT_FILENO) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

int cmd_top(int argc, char **argv)
{
	const char *config = NULL;
	bool just_once = !is_screen();
	struct ask a;
	struct err e = {0};
	const struct cli_arg args[] = {{"-c", &config, NULL}, {"--once", NULL, &just_once}};
	enum cli_args read = cli_args_read("top", USAGE, help, argc, argv, args, 2);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	ask_init(&a, config);
	int rc = just_once ? once(&a, &e) : on_terminal(&a, &e);
	return rc == 0 ? 0 : cli_fail(&e);
}
