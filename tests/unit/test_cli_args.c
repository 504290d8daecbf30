/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of commands read by a table, and folders made for what is thrown away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli_args.h"

static int helped;

static void help(void)
{
	helped++;
}

struct given {
	const char *config;
	const char *name;
	cli_words words;
	bool json;
};

/* argv[0] and what is told, with one name or with any number of words. */
static enum cli_args read_given(struct given *g, bool words, int argc, const char *const *argv)
{
	const struct cli_arg args[] = {
		{words ? CLI_WORDS : NULL, words ? g->words : &g->name, NULL},
		{"-c", &g->config, NULL},
		{"--json", NULL, &g->json},
	};
	char *copy[16];
	*g = (struct given){0};
	for (int i = 0; i < argc; i++)
		copy[i] = (char *)(uintptr_t)argv[i];
	return cli_args_read("test", "", help, argc, copy, args, 3);
}

#define READ(g, words, ...) \
	read_given(g, words, sizeof((const char *[]){__VA_ARGS__}) / 8, (const char *const[]){__VA_ARGS__})

static void one_name(void **state)
{
	struct given g;
	(void)state;
	assert_int_equal(READ(&g, false, "test", "a", "-c", "file", "--json"), CLI_ARGS_READ);
	assert_string_equal(g.name, "a");
	assert_string_equal(g.config, "file");
	assert_true(g.json);
	assert_int_equal(READ(&g, false, "test"), CLI_ARGS_READ);
	assert_null(g.name);
	assert_int_equal(READ(&g, false, "test", "-"), CLI_ARGS_READ);
	assert_string_equal(g.name, "-");
	assert_int_equal(READ(&g, false, "test", "a", "b"), CLI_ARGS_WRONG);
	assert_int_equal(READ(&g, false, "test", "-c"), CLI_ARGS_WRONG);
	assert_int_equal(READ(&g, false, "test", "--jason"), CLI_ARGS_WRONG);
	assert_int_equal(READ(&g, false, "test", CLI_WORDS), CLI_ARGS_READ);
	assert_int_equal(helped, 0);
	assert_int_equal(READ(&g, false, "test", "--help", "--jason"), CLI_ARGS_HELP);
	assert_int_equal(helped, 1);
}

static void many_words(void **state)
{
	struct given g;
	(void)state;
	assert_int_equal(READ(&g, true, "test", "a", "--json", "b", "c"), CLI_ARGS_READ);
	assert_string_equal(g.words[0], "a");
	assert_string_equal(g.words[2], "c");
	assert_null(g.words[3]);
	const struct cli_arg args[] = {{CLI_WORDS, g.words, NULL}};
	static char word[] = "w";
	char *argv[CLI_WORDS_MAX + 2];
	for (size_t i = 0; i < CLI_WORDS_MAX + 2; i++)
		argv[i] = word;
	memset(g.words, 0, sizeof g.words);
	assert_int_equal(cli_args_read("test", "", help, CLI_WORDS_MAX + 1, argv, args, 1), CLI_ARGS_READ);
	assert_null(g.words[CLI_WORDS_MAX]);
	memset(g.words, 0, sizeof g.words);
	assert_int_equal(cli_args_read("test", "", help, CLI_WORDS_MAX + 2, argv, args, 1), CLI_ARGS_WRONG);
}

static void fresh_folder(void **state)
{
	char dir[128];
	char small[16];
	struct stat st;
	struct err e;
	(void)state;
	setenv("TMPDIR", "", 1);
	assert_int_equal(file_fresh_folder("natmill-test", dir, sizeof dir, &e), 0);
	assert_int_equal(strncmp(dir, "/tmp/natmill-test-", 18), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	setenv("TMPDIR", dir, 1);
	char inner[192];
	assert_int_equal(file_fresh_folder("a", inner, sizeof inner, &e), 0);
	assert_int_equal(strncmp(inner, dir, strlen(dir)), 0);
	assert_int_equal(rmdir(inner) | rmdir(dir), 0);
	assert_int_equal(file_fresh_folder("a", inner, sizeof inner, &e), -1);
	assert_non_null(strstr(e.msg, "cannot make the folder"));
	assert_int_equal(file_fresh_folder("a", small, sizeof small, &e), -1);
	assert_non_null(strstr(e.msg, "too long"));
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_name),
		cmocka_unit_test(many_words),
		cmocka_unit_test(fresh_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
