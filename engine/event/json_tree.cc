// SPDX-License-Identifier: Apache-2.0
//
// Makes a tree of a JSON text with simdjson's document reader; see json_tree.h. The document goes as soon as
// the tree is made.
#include "event/json_tree.h"

#include <charconv>
#include <string_view>

#include <simdjson.h>

using namespace simdjson;

namespace
{

struct node *make(dom::element e, const char *source, unsigned depth);

struct node *scalar(const char *source, std::string_view text, bool plain)
{
	struct node *n = node_scalar(source, text.data(), text.size());
	n->plain = plain;
	return n;
}

template <typename T> struct node *number(const char *source, T value)
{
	char text[64];
	const char *end = std::to_chars(text, text + sizeof text, value).ptr;
	return scalar(source, std::string_view(text, static_cast<size_t>(end - text)), true);
}

// Adds the item to the parent; without one, the parent goes.
bool add(struct node *parent, struct node *key, struct node *item)
{
	if (item != nullptr) {
		node_append(parent, key, item);
		return true;
	}
	node_free(key);
	node_free(parent);
	return false;
}

struct node *list(dom::array items, const char *source, unsigned depth)
{
	struct node *parent = node_new(NODE_LIST, source);
	for (dom::element item : items)
		if (!add(parent, nullptr, make(item, source, depth)))
			return nullptr;
	return parent;
}

struct node *map(dom::object members, const char *source, unsigned depth)
{
	struct node *parent = node_new(NODE_MAP, source);
	for (dom::key_value_pair member : members)
		if (!add(parent, scalar(source, member.key, false), make(member.value, source, depth)))
			return nullptr;
	return parent;
}

struct node *make(dom::element e, const char *source, unsigned depth)
{
	if (depth == JSON_TREE_DEPTH_MAX)
		return nullptr;
	switch (e.type()) {
	case dom::element_type::OBJECT:
		return map(e.get_object().value_unsafe(), source, depth + 1);
	case dom::element_type::ARRAY:
		return list(e.get_array().value_unsafe(), source, depth + 1);
	case dom::element_type::STRING:
		return scalar(source, e.get_string().value_unsafe(), false);
	case dom::element_type::INT64:
		return number(source, e.get_int64().value_unsafe());
	case dom::element_type::UINT64:
		return number(source, e.get_uint64().value_unsafe());
	case dom::element_type::DOUBLE:
		return number(source, e.get_double().value_unsafe());
	case dom::element_type::BOOL:
		return scalar(source, e.get_bool().value_unsafe() ? "true" : "false", true);
	default:
		return scalar(source, "", true);
	}
}

} // namespace

struct node *json_tree(const char *text, size_t n, const char *source)
{
	dom::parser parser;
	dom::element root;
	if (parser.parse(text, n).get(root) != SUCCESS)
		return nullptr;
	return make(root, source, 0);
}
