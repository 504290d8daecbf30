/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the type annotations of the script language; see types.h. What has a table is made from it; the rest
 * stands here as text, and tests/system/test_types.py compares it with scripts/.
 */
#include "script/types.h"

#include <stdio.h>

#include "event/event.h"
#include "event/reader.h"
#include "event/rule_fields.h"

static const char head[] =
	"-- SPDX-License-Identifier: Apache-2.0\n"
	"--\n"
	"-- The language of vendor scripts for editors with lua-language-server. Made by `natmill check\n"
	"-- --types`; no program reads it. See docs/vendor-scripts.md.\n\n"
	"---@meta\n\n";

static const char vendor_head[] =
	"---One vendor's scripts. Rules are tried in the order written; the first that fits settles the "
	"record.\n"
	"---@class natmill.Vendor\n"
	"local Vendor = {}\n\n"
	"---Topics that the script reads, by name or ^regex; the configuration's `topics` is stronger.\n"
	"---@param names string|string[]\n"
	"function Vendor:topics(names) end\n\n"
	"---Words that {action} reads. Stands before the rules.\n"
	"---@param words table<string, natmill.ActionName>\n"
	"function Vendor:actions(words) end\n\n"
	"---More words that {protocol} reads, with their numbers. Stands before the rules.\n"
	"---@param words table<string, integer>\n"
	"function Vendor:protocols(words) end\n\n"
	"---Zone of times that tell none: `UTC`, or hours and minutes east such as `+02:00`.\n"
	"---@param zone string\n"
	"function Vendor:zone(zone) end\n\n"
	"---Separator of several records in one message.\n"
	"---@param separator string\n"
	"function Vendor:records(separator) end\n\n"
	"---An event whose outside address and port are the inside ones is no NAT: its record is ignored.\n"
	"function Vendor:ignore_untranslated() end\n\n"
	"---Templates of lines that are no NAT events.\n"
	"---@param templates string|string[]\n"
	"function Vendor:ignore(templates) end\n\n"
	"---PCRE2 patterns whose named groups are fields; they search anywhere.\n"
	"---@param kind natmill.Kind\n"
	"---@param patterns string|string[]\n"
	"---@param constants? natmill.Constants\n"
	"function Vendor:regex(kind, patterns, constants) end\n\n"
	"---Code, for what the other rules cannot say. A handler that neither emits nor ignores lets the "
	"next rule "
	"try.\n"
	"---@param handler fun(message: natmill.Message, event: natmill.Event, emit: fun(event: "
	"natmill.Event))\n"
	"function Vendor:handler(handler) end\n\n";

static const char message_class[] = "---The record under way, read-only.\n"
				    "---@class natmill.Message\n"
				    "---@field text string what the rules see\n"
				    "---@field host string? address of the device\n"
				    "---@field host_name string?\n"
				    "---@field program string?\n"
				    "---@field topic string?\n"
				    "---@field timestamp string?\n"
				    "local Message = {}\n\n"
				    "---The member of a JSON record as text; nil when it has none.\n"
				    "---@param key string\n"
				    "---@return string?\n"
				    "function Message:get(key) end\n\n"
				    "---The record is no NAT event, and that is all right.\n"
				    "function Message:ignore() end\n\n"
				    "---Starts at the beginning of the text, each time.\n"
				    "---@return natmill.Cursor\n"
				    "function Message:cursor() end\n\n";

static const char cursor_class[] =
	"---Moves over the text of the record; what is not there leaves it where it is.\n"
	"---@class natmill.Cursor\n"
	"local Cursor = {}\n\n"
	"---Over this text, if it stands here. A blank is one or more blanks.\n"
	"---@param text string\n"
	"---@return boolean\n"
	"function Cursor:skip(text) end\n\n"
	"---Behind the next place where this text stands.\n"
	"---@param text string\n"
	"---@return boolean\n"
	"function Cursor:find(text) end\n\n"
	"---Reads a value of the field into the event.\n"
	"---@param field natmill.Field\n"
	"---@return boolean\n"
	"function Cursor:read(field) end\n\n"
	"---Reads address:port into two fields of the event.\n"
	"---@param address natmill.Field\n"
	"---@param port natmill.Field\n"
	"---@return boolean\n"
	"function Cursor:endpoint(address, port) end\n\n"
	"---Up to the next blank; nil at the end.\n"
	"---@return string?\n"
	"function Cursor:word() end\n\n"
	"---A whole number; nil if there is none.\n"
	"---@return integer?\n"
	"function Cursor:number() end\n\n"
	"---Everything that is left; nil at the end.\n"
	"---@return string?\n"
	"function Cursor:rest() end\n\n"
	"---The column, from 1.\n"
	"---@return integer\n"
	"function Cursor:position() end\n\n";

static const char tail[] =
	"---Begins a vendor script; the name is that of its file. The script ends with `return` and "
	"what this gave.\n"
	"---@param name string\n"
	"---@return natmill.Vendor\n"
	"function vendor(name) end\n";

static const char *lua_type(enum field_kind kind)
{
	static const char *const names[] = {
		[KIND_TIME] = "string|number",
		[KIND_IP] = "string",
		[KIND_ACTION] = "natmill.ActionName|integer",
		[KIND_PROTOCOL] = "integer|string",
		[KIND_PORT] = "integer",
		[KIND_TEXT] = "string",
	};
	return names[kind];
}

static void add_aliases(struct strbuf *out)
{
	strbuf_adds(out, "---@alias natmill.ActionName\n");
#define X(name, number, script) strbuf_adds(out, "---| \"" script "\"\n");
	EVENT_ACTIONS(X)
#undef X
	strbuf_adds(out, "\n---@alias natmill.Type\n");
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		strbuf_printf(out, "---| \"%s\"\n", event_type_script(type));
	strbuf_adds(out, "\n---@alias natmill.Kind natmill.Type|\"ignore\"\n");
	strbuf_adds(out, "\n---@alias natmill.Field\n");
	for (enum event_field f = 0; f < FIELD_COUNT; f++)
		strbuf_printf(out, "---| \"%s\" # %s\n", rule_field_name(f), event_fields[f].help);
	strbuf_addc(out, '\n');
}

/* A class with the fields that these types of events may have. */
static void add_class(struct strbuf *out, const char *name, uint32_t types)
{
	strbuf_printf(out, "---@class %s\n", name);
	for (enum event_field f = 0; f < FIELD_COUNT; f++)
		if ((event_fields[f].allowed & types) != 0)
			strbuf_printf(out, "---@field %s? %s %s\n", rule_field_name(f),
				      lua_type(event_fields[f].kind), event_fields[f].help);
}

static void add_events(struct strbuf *out)
{
	strbuf_adds(out, "---Values that the line does not tell.\n");
	add_class(out, "natmill.Constants", UINT32_MAX);
	strbuf_addc(out, '\n');
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		char name[64];
		snprintf(name, sizeof name, "natmill.Constants.%s", event_type_script(type));
		add_class(out, name, UINT32_C(1) << type);
		strbuf_addc(out, '\n');
	}
	strbuf_adds(out, "---The event under way. A field that is nil is not there.\n");
	add_class(out, "natmill.Event", UINT32_MAX);
	strbuf_adds(out, "---@field event? natmill.ActionName|integer the same as action\n"
			 "---@field type? natmill.Type\n\n");
}

static void add_rules(struct strbuf *out)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		const char *name = event_type_script(type);
		strbuf_adds(out, "---Templates of lines that make this event. Needs");
		for (enum event_field f = 0; f < FIELD_COUNT; f++)
			if (f != FIELD_timestamp && f != FIELD_host &&
			    (event_fields[f].required >> type & 1) != 0)
				strbuf_printf(out, " {%s}", rule_field_name(f));
		strbuf_printf(out,
			      ".\n---@param templates string|string[]\n"
			      "---@param constants? natmill.Constants.%s\n"
			      "function Vendor:%s(templates, constants) end\n\n",
			      name, name);
	}
}

static void add_readers(struct strbuf *out)
{
	for (enum reader r = 0; r < READER_COUNT; r++) {
		const char *key = r == READER_CSV    ? "integer"
				  : r == READER_JSON ? "string"
						     : "string|integer";
		strbuf_printf(out,
			      "---Keys with the template of each one's value%s.\n"
			      "---@param kind natmill.Kind\n"
			      "---@param keys table<%s, string>|table[]\n"
			      "---@param constants? natmill.Constants\n"
			      "function Vendor:%s(kind, keys, constants) end\n\n",
			      r == READER_CSV ? "; keys are numbers of columns, from 1" : "", key,
			      reader_name(r));
	}
}

void types_write(struct strbuf *out)
{
	strbuf_adds(out, head);
	add_aliases(out);
	add_events(out);
	strbuf_adds(out, message_class);
	strbuf_adds(out, cursor_class);
	strbuf_adds(out, vendor_head);
	add_rules(out);
	add_readers(out);
	strbuf_adds(out, tail);
}
