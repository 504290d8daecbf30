/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that come from elsewhere: ${VAR} in values, secrets from files, the configuration file itself.
 */
#include "tests/unit/settings_load.h"

#include <stdio.h>
#include <unistd.h>

#include "control/yaml.h"

static void variables(void **state)
{
	(void)state;
	struct config c;
	struct settings *s =
		good(&c,
		     "kafka: {brokers: \"a-${SET}-${NONE:-b}-${EMPTY:-c}-$${SET}-$x\", group: \"${EMPTY}\",\n"
		     " properties: {p: \"${TRAP}\", q: \"${NONE:-}\"}}\n"
		     "outputs: [{type: \"${NONE:-stdout}\"}]\n");
	assert_string_equal(c.kafka.brokers, "a-value-b-c-${SET}-$x");
	assert_string_equal(c.kafka.group, "");
	assert_string_equal(text_map_get(&c.kafka.properties, "p"), "x}\nworkers: 9"); /* no structure */
	assert_string_equal(text_map_get(&c.kafka.properties, "q"), "");
	assert_int_equal(c.top.workers, 2);
	settings_free(s);
	refused(MINIMAL "vendors: ${NONE}\n",
		"n.yaml:3:10: the variable NONE is not set; set it, or write ${NAME:-default}", NULL);
	static const char *const broken[] = {"${", "${}", "${SET", "${1}", "${SET:x}", "${SET:-", "${A-B}"};
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		char text[128];
		snprintf(text, sizeof text, MINIMAL "vendors: '%s'\n", broken[i]);
		refused(text,
			"n.yaml:3:10: ${ must go on with NAME} or NAME:-default}; a plain ${ is written $${",
			NULL);
	}
}

/* A short text of few bytes that names a long variable often. */
static void a_value_cannot_grow_without_bound(void **state)
{
	(void)state;
	char *const env[] = {xmalloc(1001 + 4), NULL};
	memset(env[0], 'x', 1004);
	memcpy(env[0], "BIG=", 4);
	env[0][1004] = '\0';
	struct strbuf text = {0};
	strbuf_adds(&text, MINIMAL "vendors: ");
	for (int i = 0; i < YAML_MAX_SCALAR / 1000 + 1; i++)
		strbuf_adds(&text, "${BIG}");
	struct config c;
	struct errlist errs = {0};
	struct settings_source src = {.path = "n.yaml", .text = text.data, .len = text.len, .env = env};
	assert_null(settings_load(schema, &c, sizeof c, &src, &errs));
	assert_string_equal(errs.items[0].msg,
			    "n.yaml:3:10: this value is too long once its variables are filled in");
	errlist_free(&errs);
	strbuf_free(&text);
	free(env[0]);
}

/* A new file in the working folder of the test, with n bytes; its name lasts until the next call. */
static const char *secret_file(const char *bytes, size_t n)
{
	static char path[] = "/tmp/natmill-secret-XXXXXX";
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
	return path;
}

static void secret_from_file(void **state)
{
	(void)state;
	char text[256];
	const char *path = secret_file("s3 cret\r\n\n", 10);
	snprintf(text, sizeof text, "kafka: {brokers: k, password_file: %s}\noutputs: [{type: stdout}]\n",
		 path);
	struct config c;
	struct settings *s = good(&c, text);
	assert_string_equal(c.kafka.password.text, "s3 cret");
	from(s, &c.kafka.password, "n.yaml:1:36");
	settings_free(s);
	snprintf(text, sizeof text,
		 "kafka: {brokers: k, password: a, password_file: %s}\noutputs: [{type: stdout}]\n", path);
	refused(text, "n.yaml:1:34: kafka.password_file and the secret itself are both given; keep one",
		NULL);
	unlink(path);
	char message[512];
	snprintf(message, sizeof message,
		 "n.yaml:1:36: kafka.password_file cannot read '%s': No such file or directory", path);
	snprintf(text, sizeof text, "kafka: {brokers: k, password_file: %s}\noutputs: [{type: stdout}]\n",
		 path);
	refused(text, message, NULL);
}

static void odd_secret_files(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		const char *message;
	} odd[] = {{"\n", 1, "names an empty file"}, {"a\0b", 3, "names a file with a NUL byte in it"}};
	char text[256];
	char message[512];
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		const char *path = secret_file(odd[i].bytes, odd[i].n);
		snprintf(text, sizeof text,
			 "kafka: {brokers: k, password_file: %s}\noutputs: [{type: stdout}]\n", path);
		snprintf(message, sizeof message, "n.yaml:1:36: kafka.password_file %s", odd[i].message);
		refused(text, message, NULL);
		unlink(path);
	}
	refused("kafka: {brokers: k, password_file: /dev/zero}\noutputs: [{type: stdout}]\n",
		"n.yaml:1:36: kafka.password_file cannot read '/dev/zero': not a regular file", NULL);
	refused("kafka: {brokers: k, password_file: [a]}\noutputs: [{type: postgresql, url: u}]\n",
		"n.yaml:1:36: kafka.password_file must be a single value, is a list",
		"n.yaml:2:11: outputs[0].password is missing; set it, or NATMILL_OUTPUTS_0_PASSWORD", NULL);
}

static void files_that_cannot_be_read(void **state)
{
	(void)state;
	struct config c;
	struct errlist errs = {0};
	struct settings_source src = {.path = "/nonexistent/n.yaml"};
	assert_null(settings_load(schema, &c, sizeof c, &src, &errs));
	assert_int_equal(errs.n, 1);
	assert_string_equal(errs.items[0].msg,
			    "cannot read '/nonexistent/n.yaml': No such file or directory");
	errlist_free(&errs);
	src.path = secret_file(MINIMAL, strlen(MINIMAL));
	struct settings *s = settings_load(schema, &c, sizeof c, &src, &errs);
	assert_non_null(s);
	assert_string_equal(c.kafka.brokers, "k");
	settings_free(s);
	assert_int_equal(truncate(src.path, YAML_MAX_BYTES + 1), 0);
	assert_null(settings_load(schema, &c, sizeof c, &src, &errs));
	assert_non_null(strstr(errs.items[0].msg, "larger than 1048576 bytes"));
	errlist_free(&errs);
	unlink(src.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables),
		cmocka_unit_test(a_value_cannot_grow_without_bound),
		cmocka_unit_test(secret_from_file),
		cmocka_unit_test(odd_secret_files),
		cmocka_unit_test(files_that_cannot_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
