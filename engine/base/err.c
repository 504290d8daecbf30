/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills struct err; see err.h.
 */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void err_format(char *buf, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, ERR_MSG_MAX, fmt, ap);
	if (n >= ERR_MSG_MAX)
		memcpy(buf + ERR_MSG_MAX - 4, "...", 4);
	for (char *p = buf; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' '; /* an error is one line */
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	if (e == NULL)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	err_format(e->msg, fmt, ap);
	va_end(ap);
	e->code = code;
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	if (e == NULL)
		return -1;
	char old[ERR_MSG_MAX];
	memcpy(old, e->msg, sizeof old);
	va_list ap;
	va_start(ap, fmt);
	err_format(e->msg, fmt, ap);
	va_end(ap);
	size_t len = strlen(e->msg);
	int n = snprintf(e->msg + len, ERR_MSG_MAX - len, ": %.*s", (int)(ERR_MSG_MAX - 1), old);
	if (n >= (int)(ERR_MSG_MAX - len))
		memcpy(e->msg + ERR_MSG_MAX - 4, "...", 4);
	return -1;
}

int err_exit_status(const struct err *e)
{
	static const int status[] = {
#define X(name, s) s,
		ERR_CODES(X)
#undef X
	};
	return status[e->code];
}
