/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of the configuration: which sections there are, which option rows each has, and where
 * its values lie in the caller's config struct. cli writes the array (it alone knows all layers and
 * outputs); settings, bind, envtree and reference read it. Static data, no memory of its own.
 */
#ifndef NATMILL_CONTROL_SECTION_H
#define NATMILL_CONTROL_SECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/option.h"

enum section_kind {
	SECTION_PLAIN, /* a map; the rows' struct lies at offset in the config struct */
	SECTION_TYPED, /* a map whose key `type` picks further rows; struct settings_item at offset */
	SECTION_LIST,  /* a list of such typed maps; struct settings_list at offset */
	SECTION_NAMED, /* a map of free names to maps of the rows; struct settings_list at offset */
};

/* One type of a typed section, e.g. one output. */
struct section_type {
	const char *name;          /* NULL ends the array */
	const struct option *rows; /* NULL = none */
	size_t size;               /* of the struct that these rows describe; 0 = none */
	const char *help;
};

struct section {
	const char *name; /* as in YAML; "" = top level; NULL ends the array */
	enum section_kind kind;
	const struct option *rows;        /* PLAIN: all; TYPED, LIST: those common to all types, without
					   * `type` itself; NAMED: of each entry. NULL = none */
	size_t offset;                    /* in the config struct; see enum section_kind */
	size_t size;                      /* TYPED, LIST, NAMED: of the struct that `rows` describes */
	const struct section_type *types; /* TYPED, LIST */
	const char *shorthand;            /* NAMED: the TEXTS row that an entry sets when it is a bare list */
	bool required;                    /* TYPED: must be there; LIST, NAMED: at least one entry */
	bool reloadable; /* TYPED, LIST, NAMED: entries may come, go and change type on reload */
	const char *help;
};

/* One entry of a typed or named section. Owned by the config struct it lies in. */
struct settings_item {
	char *name;                      /* NAMED: the key; else NULL */
	const struct section_type *type; /* TYPED, LIST; NULL = the section is not there */
	void *common;                    /* the struct of section.rows; NULL when size is 0 */
	void *own;                       /* the struct of type->rows; NULL when size is 0 */
};

struct settings_list {
	struct settings_item *items; /* in the order written */
	size_t n;
};

#endif
