/* SPDX-License-Identifier: Apache-2.0
 *
 * The files that the program carries inside itself: every scripts/NAME.lua under "NAME.lua", and
 * under "ffi.cdef" the preprocessed script/ffi_api.h. The build makes the table (cmake/embed.cmake);
 * it is read-only and lives as long as the program.
 */
#ifndef NATMILL_SCRIPT_EMBEDDED_H
#define NATMILL_SCRIPT_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *name;          /* NULL in the row that ends the table */
	const unsigned char *data; /* len bytes, and a NUL behind them */
	size_t len;
};

extern const struct embedded_file embedded_files[];

#endif
