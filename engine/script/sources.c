/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the folder of vendor scripts, and files of filters: names, bytes, hashes; see generation_data.h.
 */
#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "script/generation_data.h"

#define SUFFIX ".lua"
#define NAME_MAX_BYTES 48 /* with the suffix less than what Lua keeps of a file's name in messages */

static bool is_script(const char *file)
{
	size_t len = strlen(file);
	return file[0] != '.' && len > strlen(SUFFIX) && strcmp(file + len - strlen(SUFFIX), SUFFIX) == 0;
}

static bool name_ok(const char *name)
{
	size_t len = strlen(name);
	return len <= NAME_MAX_BYTES && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* SHA-256 of the text in hex. */
static void hash_text(const struct strbuf *text, char out[SCRIPT_HASH_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t len = 0;
	out[0] = '\0';
	if (EVP_Q_digest(NULL, "SHA256", NULL, text->len > 0 ? text->data : "", text->len, digest, &len) != 1)
		return;
	for (size_t i = 0; i < len && 2 * i + 2 < SCRIPT_HASH_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void source_free(struct source *s)
{
	for (size_t i = 0; i < s->topic_count; i++)
		pattern_free(&s->topics[i]);
	free(s->topics);
	free(s->name);
	free(s->path);
	strbuf_free(&s->text);
}

static int read_one(const char *dir, const char *file, struct source *s, struct errlist *errors)
{
	struct strbuf path;
	struct err e = {0};
	*s = (struct source){.name = xstrdup(file)};
	s->name[strlen(file) - strlen(SUFFIX)] = '\0';
	strbuf_init(&path);
	strbuf_printf(&path, "%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", file);
	s->path = path.data; /* taken over */
	if (!name_ok(s->name))
		return errlist_add(errors, ERR_SCRIPT,
				   "%s: a vendor's name has small letters, digits, - and _ only, at most %d",
				   s->path, NAME_MAX_BYTES);
	if (file_read(s->path, GENERATION_SCRIPT_MAX, &s->text, &e) != 0)
		return errlist_add(errors, ERR_SCRIPT, "%s", e.msg);
	hash_text(&s->text, s->hash);
	return 0;
}

int source_read_filter(const char *path, struct source *s, struct errlist *errors)
{
	struct err e = {0};
	*s = (struct source){.path = xstrdup(path)};
	if (file_read(path, GENERATION_SCRIPT_MAX, &s->text, &e) != 0)
		return errlist_add(errors, ERR_SCRIPT, "%s", e.msg);
	hash_text(&s->text, s->hash);
	return 0;
}

static int keep_script(const struct dirent *entry)
{
	return is_script(entry->d_name);
}

/* Plain byte order: the same everywhere, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int sources_read(const char *dir, struct source **out, size_t *n, struct errlist *errors)
{
	struct dirent **entries = NULL;
	*out = NULL;
	*n = 0;
	int count = dir[0] == '\0' ? -1 : scandir(dir, &entries, keep_script, by_name);
	if (count < 0)
		return errlist_add(errors, ERR_SCRIPT, "cannot read the folder of vendor scripts '%s': %s",
				   dir, dir[0] == '\0' ? "it has no name" : strerror(errno));
	int rc = 0;
	if (count == 0)
		rc = errlist_add(errors, ERR_SCRIPT, "no vendor scripts (NAME.lua) in '%s'", dir);
	if (count > GENERATION_SCRIPTS_MAX)
		rc = errlist_add(errors, ERR_SCRIPT, "more than %d vendor scripts in '%s'",
				 GENERATION_SCRIPTS_MAX, dir);
	if (rc == 0)
		*out = xcalloc((size_t)count, sizeof **out);
	for (int i = 0; i < count; i++) {
		if (*out != NULL && read_one(dir, entries[i]->d_name, &(*out)[(*n)++], errors) != 0)
			rc = -1;
		free(entries[i]);
	}
	free(entries);
	return rc;
}
