/* SPDX-License-Identifier: Apache-2.0
 *
 * What the status of a whole answer means for what was sent: the table in docs/outputs.md. Pure. For outputs
 * over HTTP.
 */
#ifndef NATMILL_OUTPUTS_HTTP_JUDGE_H
#define NATMILL_OUTPUTS_HTTP_JUDGE_H

enum http_meaning {
	HTTP_TAKEN,       /* the server has it */
	HTTP_LATER,       /* try again */
	HTTP_NEEDS_HUMAN, /* try again, but nothing changes before somebody mends something */
	HTTP_TOO_LARGE,   /* send less at a time */
	HTTP_REFUSED,     /* these bytes, for good */
};

/* body: what was kept of the answer's, NUL-terminated. */
enum http_meaning http_judge(long status, const char *body);

#endif
