// SPDX-License-Identifier: Apache-2.0
//
// Walks a JSON object with simdjson's on-demand reader; see json_scan.h. On demand leaves
// unchecked what nobody asks for, so every nested value is walked and every plain value is looked at here.
// Called by envelope.c. The scanner owns the padded copy and the parser.
#include "event/json_scan.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include <simdjson.h>

extern "C" {
#include "base/err.h"
#include "base/strbuf.h"
}

using namespace simdjson;

namespace
{
constexpr size_t start_capacity = 16 * 1024;
constexpr size_t kept_capacity = 256 * 1024; // more is given back after the value that needed it
} // namespace

struct json_scan {
	ondemand::parser parser;
	char *copy = nullptr;
	size_t capacity = 0;
};

namespace
{

struct failure {
	const char *what;
	const char *where; // nullptr: not known
};

const char *explain(error_code code)
{
	switch (code) {
	case UTF8_ERROR:
		return "it is not valid UTF-8";
	case UNCLOSED_STRING:
		return "a string has no end";
	case UNESCAPED_CHARS:
		return "a string holds an unescaped control character";
	case INCOMPLETE_ARRAY_OR_OBJECT:
		return "it does not end with }";
	case STRING_ERROR:
		return "a string has a wrong escape";
	case MEMALLOC:
		return "no memory for it";
	default:
		return "a comma, colon, quote, bracket or value is missing or misplaced";
	}
}

bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view s)
{
	while (!s.empty() && is_blank(s.back()))
		s.remove_suffix(1);
	return s;
}

size_t digits_at(std::string_view s, size_t at)
{
	size_t n = 0;
	while (at + n < s.size() && s[at + n] >= '0' && s[at + n] <= '9')
		n++;
	return n;
}

// RFC 8259: -? (0 | 1-9 digits) (. digits)? ((e|E) (+|-)? digits)?
bool is_number(std::string_view s)
{
	size_t at = s.substr(0, 1) == "-" ? 1 : 0;
	size_t n = digits_at(s, at);
	if (n == 0 || (n > 1 && s[at] == '0'))
		return false;
	at += n;
	if (at < s.size() && s[at] == '.') {
		n = digits_at(s, ++at);
		if (n == 0)
			return false;
		at += n;
	}
	if (at < s.size() && (s[at] == 'e' || s[at] == 'E')) {
		at++;
		at += at < s.size() && (s[at] == '+' || s[at] == '-') ? 1 : 0;
		n = digits_at(s, at);
		if (n == 0)
			return false;
		at += n;
	}
	return at == s.size();
}

// Length of a key whose value begins at value: simdjson has made sure that nothing but blanks and one colon
// stands between its closing quote and there.
uint32_t key_length(const char *key, const char *value)
{
	const char *p = value - 1;
	while (*p != '"')
		p--;
	return static_cast<uint32_t>(p - key);
}

bool opens_nested(std::string_view token)
{
	return !token.empty() && (token[0] == '{' || token[0] == '[');
}

// A token that is neither object nor array.
error_code check_scalar(std::string_view token, failure *f)
{
	if (token.size() >= 2 && token.front() == '"' && token.back() == '"')
		return SUCCESS;
	if (is_number(token) || token == "true" || token == "false" || token == "null")
		return SUCCESS;
	*f = {"a value is no JSON", token.data()};
	return TAPE_ERROR;
}

error_code walk(ondemand::value &v, int depth, failure *f);

error_code walk_array(ondemand::array items, int depth, failure *f)
{
	for (auto item : items) {
		if (auto code = item.error())
			return code;
		if (auto code = walk(item.value_unsafe(), depth, f))
			return code;
	}
	return SUCCESS;
}

error_code walk_object(ondemand::object fields, int depth, failure *f)
{
	for (auto result : fields) {
		if (auto code = result.error())
			return code;
		if (auto code = walk(result.value_unsafe().value(), depth, f))
			return code;
	}
	return SUCCESS;
}

// Checks a value to its end. depth: how deep it stands, 1 for a member of the outer object.
error_code walk(ondemand::value &v, int depth, failure *f)
{
	std::string_view token = trimmed(v.raw_json_token());
	if (!opens_nested(token))
		return check_scalar(token, f);
	if (depth > JSON_DEPTH_MAX) {
		*f = {"it is nested too deeply", token.data()};
		return DEPTH_ERROR;
	}
	if (token[0] == '{') {
		ondemand::object fields;
		auto code = v.get_object().get(fields);
		return code ? code : walk_object(fields, depth + 1, f);
	}
	ondemand::array items;
	auto code = v.get_array().get(items);
	return code ? code : walk_array(items, depth + 1, f);
}

// Notes one member. base: the copy that offsets count from.
error_code take_member(ondemand::field &field, ondemand::document &doc, const char *base, json_member *m,
		       failure *f)
{
	const char *key = field.key().raw();
	std::string_view token = trimmed(field.value().raw_json_token());
	m->key = static_cast<uint32_t>(key - base);
	m->key_len = key_length(key, token.data());
	m->value = static_cast<uint32_t>(token.data() - base);
	m->value_len = static_cast<uint32_t>(token.size());
	if (!opens_nested(token)) {
		if (auto code = check_scalar(token, f))
			return code;
		m->kind = token[0] == '"' ? JSON_STRING : token[0] == 'n' ? JSON_NULL : JSON_PLAIN;
		m->value += m->kind == JSON_STRING ? 1 : 0;
		m->value_len -= m->kind == JSON_STRING ? 2 : 0;
		return SUCCESS;
	}
	if (auto code = walk(field.value(), 1, f))
		return code;
	const char *next; // the comma or brace behind the nested value
	if (auto code = doc.current_location().get(next))
		return code;
	token = trimmed({token.data(), static_cast<size_t>(next - token.data())});
	m->kind = JSON_NESTED;
	m->value_len = static_cast<uint32_t>(token.size());
	return SUCCESS;
}

error_code take_members(ondemand::document &doc, const char *base, json_member *members, size_t max,
			int *count, failure *f)
{
	ondemand::object fields;
	if (auto code = doc.get_object().get(fields))
		return code;
	for (auto result : fields) {
		if (auto code = result.error())
			return code;
		ondemand::field &field =
			result.value_unsafe(); // in place: copies of it cost more than the rest
		if (static_cast<size_t>(*count) == max) {
			*f = {"it has too many members", field.key().raw()};
			return CAPACITY;
		}
		if (auto code = take_member(field, doc, base, &members[(*count)++], f))
			return code;
	}
	const char *rest;
	if (doc.current_location().get(rest) == SUCCESS) {
		*f = {"there is text behind the object", rest};
		return TRAILING_CONTENT;
	}
	return SUCCESS;
}

// Room for n bytes and simdjson's padding, in powers of two; room for one giant is given back afterwards.
error_code make_room(json_scan *s, size_t n)
{
	if (s->capacity >= n && (s->capacity <= kept_capacity || n > kept_capacity))
		return SUCCESS;
	size_t capacity = start_capacity;
	while (capacity < n)
		capacity *= 2;
	free(s->copy);
	s->capacity = capacity;
	s->copy = static_cast<char *>(xcalloc(1, capacity + SIMDJSON_PADDING));
	return s->parser.allocate(capacity);
}

} // namespace

struct json_scan *json_scan_new(void)
{
	auto *s = new (std::nothrow) json_scan;
	if (s == nullptr)
		abort();
	return s;
}

void json_scan_free(struct json_scan *s)
{
	if (s == nullptr)
		return;
	free(s->copy);
	delete s;
}

int json_scan_object(struct json_scan *s, const char *value, size_t n, struct json_member *members,
		     size_t max, struct err *e)
{
	failure f = {nullptr, nullptr};
	int count = 0;
	ondemand::document doc;
	error_code code = make_room(s, n);
	if (code == SUCCESS) {
		memcpy(s->copy, value, n);
		s->copy[n] = ' '; // what the token behind the last one is taken for
		code = s->parser.iterate(s->copy, n, s->capacity + SIMDJSON_PADDING).get(doc);
	}
	if (code == SUCCESS) {
		code = take_members(doc, s->copy, members, max, &count, &f);
		if (code != SUCCESS && f.where == nullptr && doc.current_location().get(f.where) != SUCCESS)
			f.where = nullptr;
	}
	if (code == SUCCESS)
		return count;
	const char *what = f.what != nullptr ? f.what : explain(code);
	if (f.where == nullptr || f.where < s->copy || f.where >= s->copy + n)
		return err_set(e, ERR_DATA, "the value is not a JSON object: %s", what);
	return err_set(e, ERR_DATA, "the value is not a JSON object: %s (byte %zu)", what,
		       static_cast<size_t>(f.where - s->copy) + 1);
}

int64_t json_scan_unescape(struct json_scan *s, const char *raw, size_t len, char *dst)
{
	uint8_t *to = reinterpret_cast<uint8_t *>(dst);
	std::string_view text;
	(void)make_room(s, len + 2); // the copy has it; only the parser, which is not needed here, may not
	memcpy(s->copy, raw, len);
	memcpy(s->copy + len, "\"\"", 2); // one ends it; two, should its last byte escape one
	ondemand::raw_json_string string(reinterpret_cast<const uint8_t *>(s->copy));
	if (s->parser.unescape(string, to).get(text) != SUCCESS)
		return -1;
	return static_cast<int64_t>(text.size());
}
