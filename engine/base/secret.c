/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets from files; see secret.h.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"

void secret_forget(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* The secret is what the file holds, less the line ends at its end. */
int secret_read_file(const char *path, char **text, struct err *e)
{
	struct strbuf b = {0};
	*text = NULL;
	if (file_read(path, SECRET_MAX_BYTES, &b, e) != 0) {
		strbuf_free(&b);
		return -1;
	}
	while (b.len > 0 && (b.data[b.len - 1] == '\n' || b.data[b.len - 1] == '\r'))
		b.data[--b.len] = '\0';
	const char *wrong = NULL;
	if (b.len == 0)
		wrong = "names an empty file";
	else if (memchr(b.data, '\0', b.len) != NULL)
		wrong = "names a file with a NUL byte in it";
	else
		*text = xstrdup(b.data);
	if (b.data != NULL)
		explicit_bzero(b.data, b.cap);
	strbuf_free(&b);
	return wrong == NULL ? 0 : err_set(e, ERR_CONFIG, "%s", wrong);
}

int secret_now(const struct secret *s, char **text, struct err *e)
{
	if (s->file != NULL)
		return secret_read_file(s->file, text, e);
	*text = s->text != NULL ? xstrdup(s->text) : NULL;
	return 0;
}
