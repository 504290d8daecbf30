/* SPDX-License-Identifier: Apache-2.0
 *
 * Log lines: one line each whatever they hold, held back and counted when a site repeats itself, never
 * waited for.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_line.h"

/* Standard error while log lines are written goes into a file; its content ends up in lines. */
static FILE *caught;
static int real_stderr;
static char lines[65536];

static void redirect(int to)
{
	fflush(stderr);
	real_stderr = dup(STDERR_FILENO);
	dup2(to, STDERR_FILENO);
}

static void restore(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
}

static void catch_stderr(void)
{
	caught = tmpfile();
	redirect(fileno(caught));
}

static void release_stderr(void)
{
	restore();
	rewind(caught);
	size_t n = fread(lines, 1, sizeof lines - 1, caught);
	lines[n] = '\0';
	fclose(caught);
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;
	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static void next_second(void)
{
	int64_t now = clock_mono_ms() / 1000;
	while (clock_mono_ms() / 1000 == now)
		usleep(5000);
}

static const char *line_of(bool json, const char *text)
{
	static struct strbuf out;
	const struct timespec at = {.tv_sec = 1790000000, .tv_nsec = 7000000};
	strbuf_reset(&out);
	log_line_make(&out, json, &at, "warn", text, 3);
	assert_true(out.len <= LOG_LINE_MAX);
	assert_ptr_equal(strchr(out.data, '\n'), out.data + out.len - 1);
	for (size_t i = 0; i + 1 < out.len; i++)
		assert_true((unsigned char)out.data[i] >= ' ' && out.data[i] != 0x7f);
	return out.data;
}

static void forms_of_a_line(void **state)
{
	(void)state;
	assert_string_equal(line_of(false, "a b"),
			    "2026-09-21T14:13:20.007Z warn a b (3 like it held back)\n");
	assert_string_equal(line_of(true, "a \"b\" \\"),
			    "{\"time\":\"2026-09-21T14:13:20.007Z\",\"level\":\"warn\",\"message\":\"a "
			    "\\\"b\\\" \\\\\",\"held_back\":3}\n");
}

/* Escape sequences of 7 and 8 bits, line ends of all kinds, bytes that are no UTF-8. */
static void hostile_bytes_are_escaped(void **state)
{
	(void)state;
	static const char hostile[] = "\x1b[2J\r\n\x7f\xc2\x9b"
				      "2J\xff\xe2\x82";
	assert_non_null(strstr(line_of(false, hostile),
			       "warn \\x1b[2J\\x0d\\x0a\\x7f\\xc2\\x9b2J\\xff\\xe2\\x82 (3"));
	assert_non_null(strstr(line_of(true, hostile),
			       "\"\\u001b[2J\\u000d\\n\\u007f\\u009b2J\xef\xbf\xbd\xef\xbf\xbd"));
	assert_non_null(strstr(line_of(false, "\xc3\xa9t\xc3\xa9"), "\xc3\xa9t\xc3\xa9 (3"));
}

static void long_lines_are_cut(void **state)
{
	(void)state;
	char text[LOG_TEXT_MAX];
	memset(text, 0x1b, sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_non_null(strstr(line_of(false, text), "...")); /* four bytes for each of them */
	assert_non_null(strstr(line_of(true, text), "..."));
	static struct log_site site;
	catch_stderr();
	log_write(&site, LOG_WARN, "%05000d", 1);
	release_stderr();
	assert_non_null(strstr(lines, "00...\n"));
}

/* Lines written and lines told of as held back are all. */
static void what_is_held_back_is_told(void **state)
{
	(void)state;
	static struct log_site site;
	next_second();
	catch_stderr();
	for (int i = 0; i < 100; i++)
		log_write(&site, LOG_WARN, "again %d", i);
	release_stderr();
	assert_int_equal(count(lines, "again"), LOG_BURST);
	next_second();
	catch_stderr();
	log_write(&site, LOG_WARN, "later");
	log_write(&site, LOG_WARN, "and on");
	release_stderr();
	assert_non_null(strstr(lines, "later (95 like it held back)\n"));
	assert_non_null(strstr(lines, "and on\n"));
}

static void told_when_the_site_falls_silent(void **state)
{
	(void)state;
	static struct log_site site;
	next_second();
	catch_stderr();
	for (int i = 0; i < 8; i++)
		log_write(&site, LOG_ERROR, "often");
	log_hold(&site, 10);
	log_tick(); /* its second is not over */
	release_stderr();
	assert_int_equal(count(lines, "\n"), LOG_BURST);
	next_second();
	catch_stderr();
	log_tick();
	log_tick(); /* once */
	release_stderr();
	assert_non_null(strstr(lines, "error and more like the last: often (13 like it held back)\n"));
	assert_int_equal(count(lines, "\n"), 1);
	catch_stderr();
	for (int i = 0; i < LOG_BURST + 2; i++)
		log_write(&site, LOG_ERROR, "at the end");
	log_flush();
	release_stderr();
	assert_int_equal(count(lines, "\n"), LOG_BURST + 1);
	assert_non_null(strstr(lines, "(2 like it held back)\n"));
}

static void levels_filter(void **state)
{
	(void)state;
	log_setup(LOG_WARN, false);
	catch_stderr();
	log_error("e%d", 1);
	log_warn("w");
	log_info("i");
	log_debug("d");
	release_stderr();
	assert_non_null(strstr(lines, " error e1\n"));
	assert_non_null(strstr(lines, " warn w\n"));
	assert_null(strstr(lines, " info "));
	assert_null(strstr(lines, " debug "));
	assert_int_equal(log_level_of("debug"), LOG_DEBUG);
	assert_int_equal(log_level_of("Debug"), -1);
	log_setup(LOG_INFO, false);
}

/* So many lines that no pipe or socket holds them; nobody reads. Returns the number. */
static size_t flood(void)
{
	static struct log_site sites[2000];
	char text[LOG_TEXT_MAX];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	static size_t used;
	size_t n = sizeof sites / sizeof sites[0] / 4;
	for (size_t i = 0; i < n; i++, used++)
		log_write(&sites[used], LOG_WARN, "%s", text);
	return n;
}

/* The numbers before a word, added up. */
static unsigned long sum_before(const char *word)
{
	unsigned long sum = 0;
	for (const char *at = lines; (at = strstr(at, word)) != NULL; at++) {
		const char *number = at;
		while (number > lines && number[-1] >= '0' && number[-1] <= '9')
			number--;
		sum += strtoul(number, NULL, 10);
	}
	return sum;
}

/* Reads what came through, then what is told of the rest, and gives standard error back. Both are all. */
static void read_back(int from, size_t written, uint64_t lost)
{
	size_t n = 0;
	fcntl(from, F_SETFL, O_NONBLOCK);
	for (int round = 0; round < 2; round++) {
		for (ssize_t got;
		     n < sizeof lines - 1 && (got = read(from, lines + n, sizeof lines - 1 - n)) > 0;)
			n += (size_t)got;
		log_tick();
	}
	restore();
	lines[n] = '\0';
	assert_true(lost > 0 && lost < written);
	assert_int_equal(sum_before(" log lines are lost"), lost);
	assert_int_equal(count(lines, "x\n") + lost, written);
}

static void full_pipe_is_not_waited_for(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fcntl(ends[1], F_SETPIPE_SZ, 32768);
	redirect(ends[1]);
	uint64_t before = log_lost();
	size_t written = flood();
	uint64_t lost = log_lost() - before;
	int flags = fcntl(ends[1], F_GETFL);
	read_back(ends[0], written, lost);
	assert_int_equal(flags & O_NONBLOCK, 0); /* whoever shares standard error may block */
	close(ends[0]);
	close(ends[1]);
}

static void full_socket_is_not_waited_for(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	int size = 16384;
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	redirect(ends[1]);
	uint64_t before = log_lost();
	size_t written = flood();
	uint64_t lost = log_lost() - before;
	read_back(ends[0], written, lost);
	close(ends[0]);
	close(ends[1]);
}

static void closed_standard_error_is_no_fault(void **state)
{
	(void)state;
	int ends[2];
	uint64_t before = log_lost();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	redirect(ends[1]);
	log_warn("nobody reads");
	close(STDERR_FILENO);
	log_warn("there is none");
	restore();
	close(ends[1]);
	assert_int_equal(log_lost() - before, 2);
	catch_stderr();
	log_warn("back");
	release_stderr();
	assert_non_null(strstr(lines, "2 log lines are lost"));
	assert_non_null(strstr(lines, "back\n"));
}

static _Atomic uint32_t in_all;

static void *write_many(void *arg)
{
	static struct log_site site;
	(void)arg;
	for (int i = 0; i < 20000; i++)
		log_write(&site, LOG_WARN, "many");
	atomic_fetch_add(&in_all, 20000);
	return NULL;
}

static void threads_lose_no_count(void **state)
{
	(void)state;
	pthread_t threads[4];
	catch_stderr();
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, write_many, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	log_flush();
	release_stderr();
	assert_int_equal(count(lines, " warn many") + sum_before(" like it held back"), in_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_a_line),
		cmocka_unit_test(hostile_bytes_are_escaped),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(what_is_held_back_is_told),
		cmocka_unit_test(told_when_the_site_falls_silent),
		cmocka_unit_test(levels_filter),
		cmocka_unit_test(full_pipe_is_not_waited_for),
		cmocka_unit_test(full_socket_is_not_waited_for),
		cmocka_unit_test(closed_standard_error_is_no_fault),
		cmocka_unit_test(threads_lose_no_count),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
