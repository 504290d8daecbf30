/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and stops servers; see server_process.h.
 */
#include "tests/contract/server_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define READY_MS 60000
#define LOOK_US 10000 /* between two looks whether a server is ready */
#define FIRST_PORT 10000
#define PORT_TRIES 1000

static void give_up(const struct server_process *s, const char *what)
{
	char command[96];
	snprintf(command, sizeof command, "tail -n 5 %s/log >&2", s->folder);
	fprintf(stderr, "a server for the tests: %s (%s)\n", what, strerror(errno));
	exit(system(command) == 0 ? 2 : 3);
}

/* The lowest port that the kernel gives to outgoing connections. */
static int first_outgoing_port(void)
{
	int low = 0;
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	if (f == NULL || fscanf(f, "%d", &low) != 1)
		exit(2);
	fclose(f);
	return low;
}

int server_free_port(void)
{
	int above = first_outgoing_port();
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	for (int i = 0; i < PORT_TRIES && above > FIRST_PORT; i++) {
		int port = FIRST_PORT + (int)arc4random_uniform((uint32_t)(above - FIRST_PORT));
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		a.sin_port = htons((uint16_t)port);
		bool free = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
		close(fd);
		if (free)
			return port;
	}
	fprintf(stderr, "a server for the tests: no free port from %d to %d\n", FIRST_PORT, above - 1);
	exit(2);
}

void server_folder(struct server_process *s, const char *name)
{
	snprintf(s->folder, sizeof s->folder, "/tmp/natmill-%s-XXXXXX", name);
	if (mkdtemp(s->folder) == NULL)
		give_up(s, "no folder");
}

static void become(const struct server_process *s, const char *const argv[], const char *const environment[])
{
	char log[80];
	snprintf(log, sizeof log, "%s/log", s->folder);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int none = open("/dev/null", O_RDONLY);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || none < 0 || dup2(none, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(127);
	for (; environment != NULL && *environment != NULL; environment++)
		putenv(strdup(*environment));
	execvp(argv[0], (char *const *)(size_t)argv);
	perror(argv[0]);
	_exit(127);
}

void process_start(struct server_process *s, const char *const argv[], const char *const environment[])
{
	s->owner = getpid();
	fflush(NULL);
	s->pid = fork();
	if (s->pid < 0)
		give_up(s, "no process");
	if (s->pid == 0)
		become(s, argv, environment);
}

void server_await(struct server_process *s, bool (*ready)(void *ctx), void *ctx)
{
	int64_t deadline = clock_mono_ms() + READY_MS;
	while (!ready(ctx)) {
		if (waitpid(s->pid, NULL, WNOHANG) != 0)
			give_up(s, "it has ended");
		if (clock_mono_ms() > deadline)
			give_up(s, "it is not ready");
		usleep(LOOK_US);
	}
}

void process_stop(struct server_process *s, int signal)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, signal);
	if (waitpid(s->pid, NULL, 0) != s->pid)
		give_up(s, "it does not end");
	s->pid = 0;
}

/* The state is behind the name in brackets, see proc(5). One that has ended stands, too. */
static bool thread_stands(pid_t pid, const char *thread)
{
	char path[64];
	char text[512];
	snprintf(path, sizeof path, "/proc/%d/task/%.16s/stat", pid, thread);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	ssize_t got = read(fd, text, sizeof text - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	const char *name_end = strrchr(text, ')');
	return name_end == NULL || (name_end[1] == ' ' && strchr("TtZX", name_end[2]) != NULL);
}

static bool stands(pid_t pid)
{
	char path[64];
	bool all = true;
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *threads = opendir(path);
	if (threads == NULL)
		return true;
	for (const struct dirent *d; all && (d = readdir(threads)) != NULL;)
		all = d->d_name[0] == '.' || thread_stands(pid, d->d_name);
	closedir(threads);
	return all;
}

/* The signal alone returns before the threads stand. */
void server_freeze(pid_t pid)
{
	int64_t end = clock_mono_ms() + READY_MS;
	kill(pid, SIGSTOP);
	while (!stands(pid)) {
		if (clock_mono_ms() > end) {
			fprintf(stderr, "a server for the tests: process %d does not stand still\n", pid);
			exit(2);
		}
		usleep(LOOK_US / 10);
	}
}

void server_thaw(pid_t pid)
{
	kill(pid, SIGCONT);
}

void server_remove(struct server_process *s)
{
	if (s->owner != getpid())
		return;
	process_stop(s, SIGKILL);
	server_shell("rm -rf %s", s->folder);
}

void server_shell(const char *fmt, ...)
{
	char command[1024];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(command, sizeof command, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof command || system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(2);
	}
}
