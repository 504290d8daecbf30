/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands share: how an error is shown, how values of arguments are read, where the vendor scripts
 * lie; see commands.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/commands.h"
#include "event/event.h"
#include "event/timeparse.h"

int cli_fail(const struct err *e)
{
	fprintf(stderr, "natmill: %s\n", e->msg);
	return err_exit_status(e);
}

int cli_usage(const char *command, const char *usage, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "natmill %s: ", command);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "; usage: natmill %s %s\n", command, usage);
	va_end(ap);
	return 2;
}

int cli_write(const struct strbuf *text, struct err *e)
{
	if (text->len > 0 && (fwrite(text->data, 1, text->len, stdout) != text->len || fflush(stdout) != 0))
		return err_set(e, ERR_SYSTEM, "cannot write: %s", strerror(errno));
	return 0;
}

int cli_read_time(const char *command, const char *usage, const char *option, const char *text, int64_t *us)
{
	size_t n = strlen(text);
	if (time_read(text, n, TIME_ZONE_UNKNOWN, us) == n && *us != EVENT_NO_TIME)
		return 0;
	return cli_usage(command, usage, "%s: '%s' is no time with a zone, such as 2026-01-31T18:00:00Z",
			 option, text);
}

bool cli_is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");
	return n > 0 && n < 10 && text[n] == '\0' && text[strspn(text, "0")] != '\0';
}

bool cli_read_line(FILE *in, size_t max, struct strbuf *line)
{
	int c = getc_unlocked(in);
	strbuf_reset(line);
	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = getc_unlocked(in))
		if (line->len <= max)
			strbuf_addc(line, (char)c);
	if (c == '\n' && line->len > 0 && line->data[line->len - 1] == '\r')
		line->len--;
	return true;
}

const char *cli_default_vendors(void)
{
	static char path[PATH_MAX];
	if (access("vendors", R_OK | X_OK) == 0)
		return "vendors";
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return "vendors";
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	*slash = '\0';
	static const char *const beside[] = {"../vendors", "../../vendors", "../share/natmill/vendors"};
	for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
		int len = snprintf(path, sizeof path, "%s/%s", exe, beside[i]);
		if (len > 0 && (size_t)len < sizeof path && access(path, R_OK | X_OK) == 0)
			return path;
	}
	return "vendors";
}
