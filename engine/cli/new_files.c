/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: tries and saves what it has made; see new_files.h.
 */
#include "cli/new_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "script/generation.h"

#define NAME_MAX_BYTES 48 /* as the engine reads the folder of scripts */

static const char *const suffixes[] = {"lua", "samples"};

static int file_path(char path[PATH_MAX], const char *dir, const char *name, const char *suffix,
		     struct err *e)
{
	int n = snprintf(path, PATH_MAX, "%s/%s.%s", dir, name, suffix);
	if (n < 0 || n >= PATH_MAX)
		return err_set(e, ERR_CONFIG, "the path of the folder '%.80s...' is too long", dir);
	return 0;
}

int new_files_name(const char *name, struct err *e)
{
	size_t n = strlen(name);
	if (n > 0 && n <= NAME_MAX_BYTES && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n &&
	    name[0] != '-')
		return 0;
	return err_set(
		e, ERR_USAGE,
		"'%.80s' is no name for a vendor script: use small letters, digits, - and _, at most %d",
		name, NAME_MAX_BYTES);
}

int new_files_free(const char *dir, const char *name, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;
	for (size_t i = 0; i < 2; i++) {
		if (file_path(path, dir, name, suffixes[i], e) != 0)
			return -1;
		if (lstat(path, &st) == 0)
			return err_set(e, ERR_CONFIG,
				       "'%s' is there already and is not overwritten: take another name or "
				       "--vendors FOLDER",
				       path);
	}
	return 0;
}

/* O_EXCL: a file that came into being meanwhile is not overwritten either. */
static int write_new(const char *path, const struct strbuf *text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_set(e, ERR_CONFIG, "cannot write '%s': %s", path, strerror(errno));
	size_t done = 0;
	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	int why = errno;
	if (close(fd) == 0 && done == text->len)
		return 0;
	unlink(path);
	return err_set(e, ERR_CONFIG, "cannot write '%s': %s", path, strerror(why));
}

/* The samples first: a script never stands without them. */
int new_files_save(const char *dir, const char *name, const struct strbuf *script,
		   const struct strbuf *samples, struct err *e)
{
	char lua[PATH_MAX];
	char beside[PATH_MAX];
	if (file_path(lua, dir, name, suffixes[0], e) != 0 ||
	    file_path(beside, dir, name, suffixes[1], e) != 0)
		return -1;
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return err_set(e, ERR_CONFIG, "cannot make the folder '%s': %s", dir, strerror(errno));
	if (write_new(beside, samples, e) != 0)
		return -1;
	if (write_new(lua, script, e) == 0)
		return 0;
	unlink(beside);
	return -1;
}

static int first_error(const struct errlist *errors, struct err *e)
{
	return errors->n > 0 ? err_set(e, errors->items[0].code, "%s", errors->items[0].msg)
			     : err_set(e, ERR_SYSTEM, "it cannot be loaded");
}

/* The script is in dir. */
static int try_in(const char *dir, const char *name, struct strbuf *samples, const struct new_input *in,
		  const struct drafts *d, struct samples_counts *counts, struct err *e)
{
	char path[PATH_MAX];
	struct strbuf report = {0};
	struct errlist errors = {0};
	struct host_options plain = {.jit = false, .need_host_time = false};
	struct generation *g = generation_load(dir, NULL, 0, 1, &errors);
	struct host *h = g != NULL ? host_new(g, &plain, &errors) : NULL;
	int rc = h != NULL ? 0 : first_error(&errors, e);
	if (rc == 0 && d != NULL)
		rc = new_samples(name, d, in, h, samples, e);
	if (rc == 0)
		rc = file_path(path, dir, name, suffixes[1], e);
	if (rc == 0)
		rc = write_new(path, samples, e);
	if (rc == 0 && samples_run(g, 0, &report, counts, &errors) != 0)
		rc = first_error(&errors, e);
	if (rc == 0 && counts->failed > 0)
		rc = err_set(e, ERR_SYSTEM, "%zu of its samples fail", counts->failed);
	host_free(h);
	generation_unref(g);
	errlist_free(&errors);
	strbuf_free(&report);
	return rc;
}

int new_files_try(const char *name, const struct strbuf *script, struct strbuf *samples,
		  const struct new_input *in, const struct drafts *d, struct samples_counts *counts,
		  struct err *e)
{
	char dir[PATH_MAX];
	char path[PATH_MAX];
	if (file_fresh_folder("natmill-new", dir, sizeof dir, e) != 0)
		return -1;
	int rc = file_path(path, dir, name, suffixes[0], e);
	if (rc == 0)
		rc = write_new(path, script, e);
	if (rc == 0)
		rc = try_in(dir, name, samples, in, d, counts, e);
	for (size_t i = 0; i < 2; i++)
		if (file_path(path, dir, name, suffixes[i], NULL) == 0)
			unlink(path);
	rmdir(dir);
	return rc;
}
