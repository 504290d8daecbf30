/* SPDX-License-Identifier: Apache-2.0
 *
 * What the demo tells at its end, read from the SQLite file with queries of its own: rows by table, dead
 * letters by reason, and one answered question "who held IP:port at TIME".
 */
#ifndef NATMILL_CLI_DEMO_ANSWER_H
#define NATMILL_CLI_DEMO_ANSWER_H

#include "base/err.h"

/* Prints to standard output. -1 with e when the file cannot be read. */
int demo_answer(const char *path, struct err *e);

#endif
