-- SPDX-License-Identifier: Apache-2.0
--
-- The language of vendor scripts: `local nfware = vendor "nfware"` gives an object, each of its methods declares
-- something. The C side keeps and checks what is declared; an error names the line of the script.

local EVENTS = { "session_mapping", "port_mapping", "port_block_mapping", "address_mapping" }
local SCRIPT = 3 -- error level: the line of the script that called the method that called the check
local DEPTH_MAX = 8 -- of tables of keys within each other

local function is_text(value)
	return type(value) == "string" and not value:find("\0", 1, true)
end

-- One text or a list of them, as a list.
local function texts(value, method)
	local list = type(value) == "table" and value or { value }
	if #list == 0 then
		error(method .. ": expected a text in quotes, or a list: { \"...\", \"...\" }", SCRIPT)
	end
	for _, text in ipairs(list) do
		if not is_text(text) then
			error(method .. ": expected a text in quotes, found " .. type(text), SCRIPT)
		end
	end
	return list
end

-- Key and value pairs of a table, sorted so that errors come in the same order each time.
local function pairs_of(value, method, example)
	local keys = {}
	for key in pairs(type(value) == "table" and value or {}) do
		if not is_text(key) then
			error(method .. ": write it as " .. example, SCRIPT)
		end
		keys[#keys + 1] = key
	end
	if #keys == 0 then
		error(method .. ": write it as " .. example, SCRIPT)
	end
	table.sort(keys)
	local i = 0
	return function()
		i = i + 1
		return keys[i], value[keys[i]]
	end
end

return function(ffi, C, host, near, handlers)
	local function check(answer, level)
		if answer < 0 then
			local text = C.nm_error(host)
			error(ffi.string(text.data, text.len), level or SCRIPT)
		end
		return answer
	end

	-- Adds the constants to the rule declared last, and closes it.
	local function finish(name, constants, level)
		local advice = name .. ": write the values after the template as { action = \"created\" }"
		if constants ~= nil and type(constants) ~= "table" then
			error(advice, level)
		end
		for field, value in pairs(constants or {}) do
			if not is_text(field) or not (is_text(value) or type(value) == "number") then
				error(advice, level)
			end
			value = tostring(value)
			check(C.nm_declare_constant(host, field, value, #value), level + 1)
		end
		check(C.nm_declare_end(host), level + 1)
	end

	local function rule(kind, name, text, constants)
		check(C.nm_declare_rule(host, kind, name, text, #text), SCRIPT + 1)
		finish(name, constants, SCRIPT + 1)
	end

	-- Adds the keys of a table to those of others that it holds; its own win.
	local function add_keys(keys, reader, found, depth)
		local advice = reader .. ": write the keys and the templates of their values as "
			.. (reader == "csv" and "{ [8] = \"{src_ip}\", ... }" or "{ [\"key\"] = \"{src_ip}\", ... }")
		for pass = 1, 2 do
			for key, text in pairs(keys) do
				if type(key) == "number" and reader == "csv" and key < 1 then
					local what = "csv: columns count from 1, so there is no [" .. key .. "]"
					error(what, SCRIPT + depth)
				end
				local shared = type(text) == "table" and type(key) == "number"
				local front = key == 1 and reader ~= "csv" and reader ~= "json"
				local column = type(key) == "number" and reader == "csv" and key >= 1
				if not shared and not (is_text(text) and (is_text(key) or front or column))
						or depth > DEPTH_MAX then
					error(advice, SCRIPT + depth)
				elseif shared and pass == 1 then
					add_keys(text, reader, found, depth + 1)
				elseif not shared and pass == 2 then
					found[front and "@front" or tostring(key)] = text
				end
			end
		end
		return found
	end

	local methods = {}

	local function reader_method(reader, name)
		methods[name] = function(_, kind, keys, constants)
			kind = texts(kind, name)[1]
			check(C.nm_declare_reader(host, reader, kind))
			local found = add_keys(type(keys) == "table" and keys or { keys }, name, {}, 0)
			for key, text in pairs_of(found, name, "{ [\"key\"] = \"{src_ip}\", ... }") do
				check(C.nm_declare_key(host, key, #key, text, #text))
			end
			finish(kind, constants, SCRIPT)
		end
	end

	local reader = 0
	while C.nm_reader_name(reader) ~= nil do
		reader_method(reader, ffi.string(C.nm_reader_name(reader)))
		reader = reader + 1
	end

	function methods:ignore_untranslated()
		check(C.nm_declare_ignore_untranslated(host))
	end

	function methods:topics(names)
		for _, name in ipairs(texts(names, "topics")) do
			check(C.nm_declare_topic(host, name))
		end
	end

	function methods:actions(words)
		for word, action in pairs_of(words, "actions", "{ A = \"created\", D = \"deleted\" }") do
			if not is_text(action) then
				error("actions: " .. word .. " must be \"created\", \"deleted\" or \"updated\"", 2)
			end
			check(C.nm_declare_action(host, word, action))
		end
	end

	function methods:protocols(words)
		for word, number in pairs_of(words, "protocols", "{ TCP = 6, UDP = 17 }") do
			check(C.nm_declare_protocol(host, word, tonumber(number) or -1))
		end
	end

	function methods:zone(zone)
		check(C.nm_declare_zone(host, texts(zone, "zone")[1]))
	end

	function methods:records(separator)
		local text = texts(separator, "records")[1]
		check(C.nm_declare_records(host, text, #text))
	end

	for _, name in ipairs(EVENTS) do
		methods[name] = function(_, templates, constants)
			for _, text in ipairs(texts(templates, name)) do
				rule(C.NM_RULE_TEMPLATE, name, text, constants)
			end
		end
	end

	function methods:ignore(templates)
		for _, text in ipairs(texts(templates, "ignore")) do
			rule(C.NM_RULE_TEMPLATE, "ignore", text)
		end
	end

	function methods:regex(name, patterns, constants)
		local kind = texts(name, "regex")[1]
		for _, text in ipairs(texts(patterns, "regex")) do
			rule(C.NM_RULE_REGEX, kind, text, constants)
		end
	end

	function methods:handler(handler)
		if type(handler) ~= "function" then
			error("handler: expected a function (message, event, emit), found " .. type(handler), 2)
		end
		handlers[check(C.nm_declare_rule(host, C.NM_RULE_HANDLER, "handler", "", 0))] = handler
	end

	local names = {}
	for name in pairs(methods) do
		names[#names + 1] = name
	end
	table.sort(names)

	-- A dot where the colon belongs: nfware.topics "...".
	local function with_colon(object, vendor_name)
		local checked = {}
		for name, method in pairs(methods) do
			checked[name] = function(self, ...)
				if self ~= object then
					error("write a colon: " .. vendor_name .. ":" .. name, 2)
				end
				return method(self, ...)
			end
		end
		return checked
	end

	-- For one script: the function `vendor` that it sees, and the object that it gives.
	return function(script_name)
		local object = {}
		local checked = with_colon(object, script_name)
		setmetatable(object, {
			__index = function(_, name)
				name = tostring(name)
				return checked[name]
					or error("a vendor script declares no " .. name .. near(name, names), 2)
			end,
			__newindex = function(_, name)
				error("write a colon: " .. script_name .. ":" .. tostring(name) .. " \"...\"", 2)
			end,
			__metatable = false,
		})
		return function(name)
			if name ~= script_name then
				error("write `vendor \"" .. script_name .. "\"`: the name is that of the file", 2)
			end
			return object
		end, object
	end
end
