/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of an output's certificates, so that they are called and explained the same in each. The files are
 * read at each connection. Used by the outputs that speak TLS by themselves.
 */
#ifndef NATMILL_OUTPUT_TLS_ROWS_H
#define NATMILL_OUTPUT_TLS_ROWS_H

#include <stddef.h>

#include "base/option.h"

/* Rows of the struct `owner`, whose members ca, certificate and key are char *: paths, or NULL. */
#define TLS_ROWS(owner, ca, certificate, key)                                                               \
	{.name = "tls_ca",                                                                                  \
	 .type = OPTION_TEXT,                                                                               \
	 .offset = offsetof(owner, ca),                                                                     \
	 .reloadable = true,                                                                                \
	 .help = "File with the certificates (PEM) that are trusted. Default: the system's."},              \
		{.name = "tls_certificate",                                                                 \
		 .type = OPTION_TEXT,                                                                       \
		 .offset = offsetof(owner, certificate),                                                    \
		 .reloadable = true,                                                                        \
		 .help = "File with natmill's own certificate, for servers that ask for one."},             \
	{                                                                                                   \
		.name = "tls_key", .type = OPTION_TEXT, .offset = offsetof(owner, key), .reloadable = true, \
		.help = "File with its key, without a passphrase. Default: the file of "                    \
			"`tls_certificate`."                                                                \
	}

#endif
