/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: any text as configuration, into structs and back to nothing. With a line "#env" the rest is
 * one variable a line, so that names from the environment are searched too. Corpus: corpus/yaml/.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/settings_schema.h"
#include "base/strbuf.h"
#include "control/settings.h"

#define MARK "#env\n"
#define VARIABLES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts lines, which ends with NUL, into NAME=VALUE texts. */
static void cut(char *lines, char *env[VARIABLES + 1])
{
	char *save = NULL;
	size_t n = 0;
	for (char *line = strtok_r(lines, "\n", &save); line != NULL && n < VARIABLES;
	     line = strtok_r(NULL, "\n", &save))
		env[n++] = line;
	env[n] = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *mark = memmem(text, size, MARK, strlen(MARK));
	size_t len = mark != NULL ? (size_t)(mark - text) : size;
	struct strbuf lines = {0};
	char *env[VARIABLES + 1] = {NULL};
	if (mark != NULL) {
		strbuf_add(&lines, mark + strlen(MARK), size - len - strlen(MARK));
		cut(lines.data, env);
	}
	struct config c;
	struct errlist errs = {0};
	struct settings_source src = {.path = "fuzz.yaml", .text = text, .len = len, .env = env};
	struct settings *s = settings_load(schema, &c, sizeof c, &src, &errs);
	if ((s == NULL) != (errs.n > 0))
		abort(); /* it fails with a reason or not at all */
	struct strbuf names = {0};
	if (s != NULL && settings_restart(schema, &c, &c, &names) != 0)
		abort(); /* nothing differs from itself */
	strbuf_free(&names);
	settings_free(s);
	errlist_free(&errs);
	strbuf_free(&lines);
	return 0;
}
