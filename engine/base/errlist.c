/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded list of errors; see errlist.h.
 */
#include "base/errlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"

int errlist_add(struct errlist *list, enum err_code code, const char *fmt, ...)
{
	if (list == NULL)
		return -1;
	if (list->n == ERRLIST_MAX) {
		list->more++;
		return -1;
	}
	char text[2 * ERR_MSG_MAX]; /* longer than a message, so that err_set marks the cut */
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	list->items = xrealloc(list->items, (list->n + 1) * sizeof *list->items);
	return err_set(&list->items[list->n++], code, "%s", text);
}

void errlist_free(struct errlist *list)
{
	free(list->items);
	*list = (struct errlist){0};
}
