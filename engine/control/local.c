/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths of the local socket, and listening on it; see local.h.
 */
#include "control/local.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RUN_FOLDER "/run/natmill"
#define BACKLOG 16

/* FNV-1a: only to tell two files of the same name apart. */
static uint32_t hash_of(const char *text)
{
	uint32_t h = 2166136261u;
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

/* The folder without symbolic links; of the file itself they are kept: some places swap a configuration by
 * moving such a link. */
static void real_place(const char *file, char out[PATH_MAX])
{
	char copy[PATH_MAX];
	char folder[PATH_MAX];
	snprintf(copy, sizeof copy, "%s", file);
	if (realpath(dirname(copy), folder) == NULL) {
		snprintf(out, PATH_MAX, "%s", file);
		return;
	}
	char base[PATH_MAX];
	snprintf(base, sizeof base, "%s", file);
	if ((size_t)snprintf(out, PATH_MAX, "%s/%s", folder, basename(base)) >= PATH_MAX)
		snprintf(out, PATH_MAX, "%s", file);
}

/* "natmill-1f2e3d4c": short and readable, unlike for unlike sources. */
static void make_name(const char *file, const char *group, char out[48])
{
	char source[PATH_MAX];
	if (file != NULL)
		real_place(file, source);
	else
		snprintf(source, sizeof source, "%s", group);
	char copy[PATH_MAX];
	memcpy(copy, source, sizeof copy);
	char *stem = file != NULL ? basename(copy) : copy;
	char *dot = file != NULL ? strrchr(stem, '.') : NULL;
	if (dot != NULL && dot != stem)
		*dot = '\0';
	for (char *c = stem; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_' && *c != '.')
			*c = '_';
	snprintf(out, 48, "%.32s-%08x", stem, hash_of(source));
}

static void add_usual(const char *file, const char *group, struct local_paths *p)
{
	char name[48];
	make_name(file, group, name);
	snprintf(p->at[p->n++], LOCAL_PATH_MAX, RUN_FOLDER "/%s.sock", name);
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	if (runtime != NULL && runtime[0] == '/' &&
	    snprintf(p->at[p->n], LOCAL_PATH_MAX, "%s/natmill/%s.sock", runtime, name) < LOCAL_PATH_MAX)
		p->n++;
	snprintf(p->at[p->n++], LOCAL_PATH_MAX, "/tmp/natmill-%u/%s.sock", (unsigned)geteuid(), name);
}

void local_choose(const char *option, const char *file, const char *group, struct local_paths *p)
{
	p->n = 0;
	p->named = option != NULL;
	if (p->named)
		snprintf(p->at[p->n++], LOCAL_PATH_MAX, "%s", option);
	else
		add_usual(file, group, p);
}

/* May the folder be used by us? Not one where others may write, unless the operator named it: somebody could
 * put a socket of his own there. */
static int folder_ours(const char *dir, bool in_run)
{
	struct stat st;
	if (lstat(dir, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	    (st.st_uid == geteuid() || in_run))
		return 0;
	errno = EPERM;
	return -1;
}

/* Makes the folder of path if it is not there. */
static int folder_ready(const char *path, bool named)
{
	char folder[LOCAL_PATH_MAX];
	memcpy(folder, path, sizeof folder);
	char *dir = dirname(folder);
	bool in_run = strcmp(dir, RUN_FOLDER) == 0;
	if (!named && mkdir(dir, in_run ? 0755 : 0700) != 0 && errno != EEXIST)
		return -1;
	if (access(dir, W_OK | X_OK) != 0)
		return -1;
	return named ? 0 : folder_ours(dir, in_run);
}

/* A folder that is not there, or that we may not look into, misleads nobody. */
static bool trusted(const char *path)
{
	char folder[LOCAL_PATH_MAX];
	memcpy(folder, path, sizeof folder);
	char *dir = dirname(folder);
	return folder_ours(dir, strcmp(dir, RUN_FOLDER) == 0) == 0 || errno != EPERM;
}

void local_look(const char *option, const char *file, const char *group, struct local_paths *p)
{
	local_choose(option, file, group, p);
	size_t asked = p->named ? 1 : 0; /* the operator's word is enough */
	if (p->named)
		add_usual(file, group, p);
	size_t n = p->n;
	p->n = asked;
	for (size_t i = asked; i < n; i++)
		if (trusted(p->at[i]))
			memmove(p->at[p->n++], p->at[i], LOCAL_PATH_MAX);
}

/* With the lock in hand: whatever socket lies there is a dead process's. */
static int bind_path(const char *path, struct err *e)
{
	struct stat st;
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_set(e, ERR_SYSTEM, "%s is there and is no socket", path);
	unlink(path);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	memcpy(at.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && chmod(path, 0600) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd; /* nobody can connect before listen(), so none did before chmod() */
	err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Takes the lock of the path. An end removes the lock's file, so what was locked must still be what lies
 * there. */
static int take_lock(const char *path, struct err *e)
{
	char lock[LOCAL_PATH_MAX + 8];
	struct stat ours;
	struct stat there;
	snprintf(lock, sizeof lock, "%s.lock", path);
	for (;;) {
		int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return err_set(e, ERR_SYSTEM, "%s: %s", lock, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			close(fd);
			return err_set(e, ERR_SYSTEM, "%s is another natmill's that runs", path);
		}
		if (fstat(fd, &ours) == 0 && stat(lock, &there) == 0 && ours.st_ino == there.st_ino)
			return fd;
		close(fd);
	}
}

int local_listen(const struct local_paths *p, struct local_socket *s, struct err *e)
{
	*s = (struct local_socket){.fd = -1, .lock_fd = -1};
	size_t i = 0;
	while (i < p->n && folder_ready(p->at[i], p->named) != 0)
		i++;
	if (i == p->n)
		return err_set(e, ERR_SYSTEM, "no folder for %s: %s", p->at[i - 1], strerror(errno));
	s->lock_fd = take_lock(p->at[i], e);
	if (s->lock_fd < 0)
		return -1;
	s->fd = bind_path(p->at[i], e);
	if (s->fd < 0) {
		close(s->lock_fd);
		s->lock_fd = -1;
		return -1;
	}
	memcpy(s->path, p->at[i], sizeof s->path);
	return 0;
}

void local_end(struct local_socket *s)
{
	if (s->lock_fd < 0)
		return;
	char lock[LOCAL_PATH_MAX + 8];
	snprintf(lock, sizeof lock, "%s.lock", s->path);
	unlink(s->path);
	unlink(lock);
	close(s->lock_fd);
	s->lock_fd = -1;
}
