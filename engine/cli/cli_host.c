/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits for the outputs of a command, and ends the waits when a signal asks for it; see cli_host.h.
 */
#include "cli/cli_host.h"

#include <poll.h>
#include <signal.h>

#include "base/clock.h"

#define SLICE_MS 100 /* how soon a signal is noticed that came just before a wait */

static _Atomic int64_t asked_to_stop;

static void note_signal(int number)
{
	(void)number;
	atomic_store(&asked_to_stop, 1);
}

static int wait_for(struct output_host *h, int fd, short events, int64_t deadline_ms)
{
	(void)h;
	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		struct pollfd p = {.fd = fd, .events = events};
		int slice = left <= 0 ? 0 : left < SLICE_MS ? (int)left : SLICE_MS;
		bool ready = poll(&p, 1, slice) > 0 && p.revents != 0;
		if (atomic_load(&asked_to_stop) != 0)
			return -1;
		if (ready || left <= 0)
			return ready ? p.revents : 0;
	}
}

struct output_host *cli_host(void)
{
	static struct output_host host = {.wait = wait_for};
	return &host;
}

void cli_host_catch_signals(void)
{
	struct sigaction stop = {.sa_handler = note_signal};
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
}

const _Atomic int64_t *cli_host_stop(void)
{
	return &asked_to_stop;
}
