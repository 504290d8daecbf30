/* SPDX-License-Identifier: Apache-2.0
 *
 * The verdict by status; see http_judge.h. Only what says that the content is wrong is held against the
 * events; everything unknown asks for a human, so that nothing is lost by a misunderstanding.
 */
#include "outputs/http_judge.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* nginx answers 400 where TLS is set up wrongly, and such words: it has not looked at the content. */
static bool is_about_connection(const char *body)
{
	static const char *const words[] = {"No required SSL certificate was sent",
					    "The SSL certificate error",
					    "The plain HTTP request was sent to HTTPS port"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strstr(body, words[i]) != NULL)
			return true;
	return false;
}

enum http_meaning http_judge(long status, const char *body)
{
	if (status >= 200 && status < 300)
		return HTTP_TAKEN;
	if (status == 400 && is_about_connection(body))
		return HTTP_NEEDS_HUMAN;
	switch (status) {
	case 400: /* Bad Request */
	case 422: /* Unprocessable Content */
		return HTTP_REFUSED;
	case 413: /* Content Too Large */
		return HTTP_TOO_LARGE;
	case 408: /* Request Timeout */
	case 409: /* Conflict: the same request is still under way */
	case 423: /* Locked */
	case 425: /* Too Early */
	case 429: /* Too Many Requests */
		return HTTP_LATER;
	case 501: /* Not Implemented */
	case 505: /* HTTP Version Not Supported */
	case 507: /* Insufficient Storage */
	case 511: /* Network Authentication Required */
		return HTTP_NEEDS_HUMAN;
	default:
		return status >= 500 && status < 600 ? HTTP_LATER : HTTP_NEEDS_HUMAN;
	}
}
