/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes what migrate has made; see migrate_write.h. Nothing is overwritten: the folder is new. A secret's
 * file is never readable by others, not for a moment.
 */
#include "cli/migrate_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/migrate_yaml.h"

static int fail(struct err *e, const char *doing, const char *path)
{
	return err_set(e, ERR_CONFIG, "cannot %s '%s': %s", doing, path, strerror(errno));
}

static int write_file(const char *folder, const struct migrate_file *file, struct err *e)
{
	char path[PATH_MAX];
	const char *slash = strchr(file->path, '/');
	int n = snprintf(path, sizeof path, "%s/%.*s", folder, slash != NULL ? (int)(slash - file->path) : 0,
			 file->path);
	if (n < 0 || (size_t)n + strlen(file->path) + 2 > sizeof path)
		return err_set(e, ERR_CONFIG, "the path of the folder '%.80s...' is too long", folder);
	if (slash != NULL && mkdir(path, file->secret ? 0700 : 0777) != 0 && errno != EEXIST)
		return fail(e, "make the folder", path);
	snprintf(path, sizeof path, "%s/%s", folder, file->path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->secret ? 0600 : 0666);
	if (fd < 0)
		return fail(e, "write", path);
	int rc = file_write_all(fd, &file->text);
	int why = errno;
	if (close(fd) != 0 && rc == 0) {
		rc = -1;
		why = errno;
	}
	errno = why;
	return rc == 0 ? 0 : fail(e, "write", path);
}

/* What was made before something went wrong. */
static void take_away(const struct migrate_plan *p, const char *folder)
{
	char path[PATH_MAX + 16];
	for (size_t i = 0; i < p->file_count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, p->files[i].path);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/" MIGRATE_SECRETS, folder);
	rmdir(path);
	snprintf(path, sizeof path, "%s/vendors", folder);
	rmdir(path);
	rmdir(folder);
}

static void add_files(struct migrate_plan *p, const char *from)
{
	struct migrate_file *file = migrate_file(p, MIGRATE_FILE, false);
	strbuf_printf(&file->text,
		      "# natmill, made by natmill migrate of %s. Paths are those of this folder: start "
		      "natmill in it.\n"
		      "# All options: docs/configuration.md\n\n",
		      from);
	migrate_yaml(p->tree, &file->text);
	if (p->variables.len == 0)
		return;
	file = migrate_file(p, MIGRATE_VARIABLES, true);
	file->text = p->variables;
	p->variables = (struct strbuf){0};
}

int migrate_write(struct migrate_plan *p, const char *folder, const char *from, struct err *e)
{
	if (mkdir(folder, 0777) != 0)
		return errno == EEXIST ? err_set(e, ERR_CONFIG,
						 "'%s' is there already and is not overwritten: choose "
						 "another folder "
						 "with --out",
						 folder)
				       : fail(e, "make the folder", folder);
	add_files(p, from);
	int rc = 0;
	for (size_t i = 0; i < p->file_count && rc == 0; i++)
		rc = write_file(folder, &p->files[i], e);
	if (rc != 0)
		take_away(p, folder);
	return rc;
}
