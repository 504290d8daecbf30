/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server and the client of the commands, against each other in one process.
 */
#include "control/server.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cli/ask.h"

#define BIG 3000000

static char folder[] = "/tmp/natmill-server-XXXXXX";
static _Atomic int left; /* streams that saw their client go */
static _Atomic int streams_begun;
static _Atomic int given_up; /* answers */

static void say(struct request *r, void *context)
{
	const char *name = request_arg(r, "name");
	request_status(r, 201);
	request_printf(r, "%s %s\n", (const char *)context, name != NULL ? name : "nobody");
}

static void later(struct request *r, void *context)
{
	(void)context;
	request_wait(r, 200);
	request_status(r, 409);
	request_printf(r, "refused after a while\n");
}

static void big(struct request *r, void *context)
{
	char block[1000];
	(void)context;
	memset(block, 'x', sizeof block);
	int i = 0;
	while (i < BIG / 1000 && request_write(r, block, sizeof block))
		i++;
	given_up += i < BIG / 1000;
}

/* Until the client goes. */
static void stream(struct request *r, void *context)
{
	(void)context;
	streams_begun++;
	for (int i = 0; request_printf(r, "line %d\n", i); i++)
		request_wait(r, 20);
	left++;
}

static const struct route table[] = {
	{"GET", "/say", ROUTE_ANYWHERE, false, say},
	{"POST", "/later", ROUTE_LOCAL, true, later},
	{"GET", "/big", ROUTE_LOCAL, true, big},
	{"GET", "/stream", ROUTE_LOCAL, true, stream},
	{.method = NULL},
};

static char hello[] = "hello";

struct rig {
	struct server_settings settings;
	struct server *server;
	struct ask ask;
};

static int set_up(void **state)
{
	static struct rig rig;
	static char socket_path[64];
	static char off[] = "off";
	signal(SIGPIPE, SIG_IGN);
	snprintf(socket_path, sizeof socket_path, "%s/s.sock", folder);
	rig.settings = (struct server_settings){.listen = off, .socket = socket_path};
	rig.server = server_start(&(struct server_config){.settings = &rig.settings,
							  .group = "g",
							  .routes = table,
							  .context = hello});
	local_choose(socket_path, NULL, "g", &rig.ask.paths);
	*state = &rig;
	left = 0;
	streams_begun = 0;
	return rig.server != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;
	server_stop(rig->server);
	return 0;
}

static void answers(struct rig *rig, const char *method, const char *path, long status, const char *text)
{
	struct strbuf out = {0};
	struct err e = {0};
	long got = 0;
	assert_int_equal(ask_text(&rig->ask, method, path, &out, &got, &e), 0);
	assert_int_equal(got, status);
	assert_string_equal(out.data, text);
	strbuf_free(&out);
}

static void a_route_answers(void **state)
{
	struct rig *rig = *state;
	struct strbuf path = {0};
	answers(rig, "GET", "/say", 201, "hello nobody\n");
	strbuf_adds(&path, "/say");
	ask_arg(&path, "other", "");
	ask_arg(&path, "name", "a b&c=d/\xc3\xa9?");
	answers(rig, "GET", path.data, 201, "hello a b&c=d/\xc3\xa9?\n");
	strbuf_free(&path);
	answers(rig, "GET", "/nothing", 404, "no such page\n");
	answers(rig, "POST", "/say", 405, "not with this method\n");
	answers(rig, "GET", "/later", 405, "not with this method\n");
	answers(rig, "POST", "/later", 409, "refused after a while\n");
}

static void much_comes_whole(void **state)
{
	struct rig *rig = *state;
	struct strbuf out = {0};
	struct err e = {0};
	long status;
	assert_int_equal(ask_text(&rig->ask, "GET", "/big", &out, &status, &e), 0);
	assert_int_equal(out.len, BIG);
	for (size_t i = 0; i < out.len; i++)
		assert_int_equal(out.data[i], 'x');
	strbuf_free(&out);
}

static bool three_lines(void *context, const char *data, size_t n)
{
	int *lines = context;
	for (size_t i = 0; i < n; i++)
		*lines += data[i] == '\n';
	return *lines < 3;
}

static void await(_Atomic int *what, int value)
{
	int64_t deadline = clock_mono_ms() + 30000;
	while (*what < value && clock_mono_ms() < deadline)
		usleep(5000);
	assert_true(*what >= value);
}

static void a_stream_ends_with_its_client(void **state)
{
	struct rig *rig = *state;
	struct err e = {0};
	long status;
	int lines = 0;
	assert_int_equal(ask(&rig->ask, "GET", "/stream", three_lines, &lines, &status, &e), 0);
	assert_int_equal(status, 200);
	assert_true(lines >= 3);
	await(&left, 1);
}

static bool forever(void *context, const char *data, size_t n)
{
	(void)context;
	(void)data;
	(void)n;
	return true;
}

static void *ask_stream(void *arg)
{
	struct rig *rig = arg;
	struct err e = {0};
	long status;
	return ask(&rig->ask, "GET", "/stream", forever, NULL, &status, &e) != 0 ? xstrdup(e.msg) : NULL;
}

/* It would hold its thread and its memory for ever. */
static void a_client_that_takes_nothing_is_given_up(void **state)
{
	struct rig *rig = *state;
	static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof at.sun_path, "%.100s", rig->ask.paths.at[0]);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(write(fd, request, sizeof request - 1), sizeof request - 1);
	await(&given_up, 1);
	close(fd);
	answers(rig, "GET", "/say", 201, "hello nobody\n");
}

static void a_stop_ends_streams(void **state)
{
	struct rig *rig = *state;
	pthread_t thread;
	void *why;
	assert_int_equal(pthread_create(&thread, NULL, ask_stream, rig), 0);
	await(&streams_begun, 1);
	server_stop(rig->server);
	rig->server = NULL;
	assert_int_equal(left, 1);
	pthread_join(thread, &why);
	assert_non_null(why);
	assert_non_null(strstr(why, "went away before its answer was over"));
	free(why);
	struct strbuf out = {0};
	struct err e = {0};
	long status;
	assert_int_equal(ask_text(&rig->ask, "GET", "/say", &out, &status, &e), -1);
	assert_non_null(strstr(e.msg, "no natmill runs with this configuration"));
	assert_non_null(strstr(e.msg, rig->ask.paths.at[0]));
	strbuf_free(&out);
}

static void the_socket_is_ours(void **state)
{
	struct rig *rig = *state;
	struct stat st;
	struct local_socket other;
	struct err e = {0};
	assert_int_equal(stat(rig->ask.paths.at[0], &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(local_listen(&rig->ask.paths, &other, &e), -1);
	assert_non_null(strstr(e.msg, "is another natmill's that runs"));
	answers(rig, "GET", "/say", 201, "hello nobody\n");
}

static void a_dead_ones_socket_is_taken_over(void **state)
{
	struct local_paths p = {.n = 1, .named = true};
	struct local_socket s;
	struct err e = {0};
	(void)state;
	snprintf(p.at[0], LOCAL_PATH_MAX, "%s/dead.sock", folder);
	assert_int_equal(local_listen(&p, &s, &e), 0);
	close(s.fd); /* as a kill does: the file stays */
	close(s.lock_fd);
	assert_int_equal(access(p.at[0], F_OK), 0);
	assert_int_equal(local_listen(&p, &s, &e), 0);
	close(s.fd);
	local_end(&s);
	assert_int_equal(access(p.at[0], F_OK), -1);
	FILE *f = fopen(p.at[0], "w"); /* somebody's file is left alone */
	fclose(f);
	assert_int_equal(local_listen(&p, &s, &e), -1);
	assert_non_null(strstr(e.msg, "is no socket"));
	assert_int_equal(access(p.at[0], F_OK), 0);
	unlink(p.at[0]);
}

static void one_configuration_one_name(void **state)
{
	struct local_paths a;
	struct local_paths b;
	char file[128];
	char link[128];
	(void)state;
	assert_int_equal(setenv("XDG_RUNTIME_DIR", "/tmp/x-runtime", 1), 0);
	snprintf(file, sizeof file, "%s/nat mill.yaml", folder);
	local_choose(NULL, file, "g", &a);
	assert_int_equal(a.n, 3);
	assert_non_null(strstr(a.at[0], "/run/natmill/nat_mill-"));
	assert_non_null(strstr(a.at[1], "/tmp/x-runtime/natmill/nat_mill-"));
	local_choose(NULL, file, "other group", &b);
	assert_int_equal(b.n, 3);
	assert_string_equal(a.at[0], b.at[0]);
	snprintf(link, sizeof link, "%s/../%s/nat mill.yaml", folder, strrchr(folder, '/') + 1);
	local_choose(NULL, link, "g", &b);
	assert_string_equal(a.at[0], b.at[0]);
	snprintf(file, sizeof file, "%s/other.yaml", folder);
	local_choose(NULL, file, "g", &b);
	assert_string_not_equal(a.at[0], b.at[0]);
	local_choose(NULL, NULL, "g/../x", &b);
	assert_non_null(strstr(b.at[0], "/run/natmill/g_.._x-"));
	local_choose("/x/y.sock", file, "g", &b);
	assert_int_equal(b.n, 1);
	assert_string_equal(b.at[0], "/x/y.sock");
}

static void folders_of_others_are_not_asked(void **state)
{
	struct local_paths p;
	char runtime[128];
	char own[160];
	(void)state;
	snprintf(runtime, sizeof runtime, "%s/runtime", folder);
	snprintf(own, sizeof own, "%s/natmill", runtime);
	assert_int_equal(mkdir(runtime, 0700), 0);
	assert_int_equal(mkdir(own, 0700), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", runtime, 1), 0);
	local_look(NULL, NULL, "g", &p);
	size_t asked = p.n;
	assert_int_equal(chmod(own, 0777), 0);
	local_look(NULL, NULL, "g", &p);
	assert_int_equal(p.n, asked - 1);
	for (size_t i = 0; i < p.n; i++)
		assert_null(strstr(p.at[i], own));
	local_look("/x/y.sock", NULL, "g", &p); /* the operator's word is enough */
	assert_int_equal(p.n, asked);
	assert_string_equal(p.at[0], "/x/y.sock");
	rmdir(own);
	rmdir(runtime);
}

static void addresses(void **state)
{
	static const char *const good[] = {"127.0.0.1:4499", "[::1]:0", "localhost:80", "off", "",
					   "0.0.0.0:65535"};
	static const char *const bad[] = {"4499", ":4499", "::1:4499", "127.0.0.1", "127.0.0.1:", "h:65536",
					  "h:-1", "h:4 ",  "[::1]",    "h:0x10",    "[]:1"};
	struct err e = {0};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_int_equal(server_check_listen(good[i], &e), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(server_check_listen(bad[i], &e), -1);
	assert_string_equal(e.msg,
			    "must be HOST:PORT, such as 127.0.0.1:4499 or [::1]:4499, or off; is '[]:1'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_route_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(much_comes_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stream_ends_with_its_client, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_client_that_takes_nothing_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_ends_streams, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_socket_is_ours, set_up, tear_down),
		cmocka_unit_test(a_dead_ones_socket_is_taken_over),
		cmocka_unit_test(one_configuration_one_name),
		cmocka_unit_test(folders_of_others_are_not_asked),
		cmocka_unit_test(addresses),
	};
	if (mkdtemp(folder) == NULL)
		return 1;
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 ? 1 : rc;
}
