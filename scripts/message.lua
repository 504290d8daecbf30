-- SPDX-License-Identifier: Apache-2.0
--
-- What a handler is given: `message`, `event` and `emit`, and the event as a filter sees it. They are empty tables
-- with guarded access: each name and method goes to a bounds-checked C function that works on the record under way,
-- so a script can keep them as long as it likes and never holds a pointer. All of it compiles.

-- error level: the line of the script
local SCRIPT = 2

local function guarded(index, newindex)
	return setmetatable({}, { __index = index, __newindex = newindex, __metatable = false })
end

return function(ffi, C, host, near)
	local function text_of(slice)
		if slice == nil then
			return nil
		end
		return ffi.string(slice.data, slice.len)
	end

	local fields = { type = C.NM_FIELD_TYPE }
	local names = { "type", "action" }
	local is_number = {}
	local place = 0
	while C.nm_field_name(place) ~= nil do
		local name = ffi.string(C.nm_field_name(place))
		fields[name] = place
		is_number[place] = C.nm_field_is_number(place) == 1
		names[#names + 1] = name
		place = place + 1
	end
	fields.action = fields.event

	local function unknown(what, name, known, level)
		error(what .. " has no " .. tostring(name) .. near(tostring(name), known), level or SCRIPT + 1)
	end

	local function refused(level)
		error(text_of(C.nm_error(host)), level)
	end

	local function read_field(_, name)
		local field = fields[name] or unknown("an event", name, names)
		if is_number[field] then
			local value = C.nm_get_number(host, field)
			return value == value and value or nil
		end
		return text_of(C.nm_get_text(host, field))
	end

	local function write_field(_, name, value)
		local field = fields[name] or unknown("an event", name, names)
		local kind = type(value)
		local answer
		if kind == "string" then
			answer = C.nm_set_text(host, field, value, #value)
		elseif kind == "number" then
			answer = C.nm_set_number(host, field, value)
		elseif kind == "nil" then
			answer = C.nm_unset(host, field)
		else
			error(name .. ": expected a text or a number, found " .. kind, SCRIPT)
		end
		if answer ~= 0 then
			refused(SCRIPT + 1)
		end
	end

	local event = guarded(read_field, write_field)

	-- What a filter is given.
	local view = guarded(read_field, function(_, name)
		error("a filter cannot change " .. tostring(name) .. "; it returns true for events that stay", SCRIPT)
	end)

	local function emit(given)
		if given ~= nil and given ~= event then
			error("emit takes the event that the handler was given", SCRIPT)
		end
		if C.nm_emit(host) ~= 0 then
			refused(SCRIPT + 1)
		end
	end

	local cursor = require("cursor")(C, host, text_of, fields, names, unknown, guarded)

	local parts = {
		text = C.NM_PART_TEXT,
		host = C.NM_PART_HOST,
		host_name = C.NM_PART_HOST_NAME,
		program = C.NM_PART_PROGRAM,
		topic = C.NM_PART_TOPIC,
		timestamp = C.NM_PART_TIMESTAMP,
	}
	local methods = {
		-- The member of a JSON record, as text; nil when it has none.
		get = function(_, key)
			if type(key) ~= "string" then
				error("message:get takes the name of a member in quotes", SCRIPT)
			end
			return text_of(C.nm_member(host, key, #key))
		end,
		-- This message is no NAT event, and that is all right.
		ignore = function()
			if C.nm_ignore(host) ~= 0 then
				refused(SCRIPT + 1)
			end
		end,
		-- Starts at the beginning of the text, each time.
		cursor = function()
			C.nm_cursor_start(host)
			return cursor
		end,
	}
	local known = { "text", "host", "host_name", "program", "topic", "timestamp", "get", "ignore", "cursor" }

	local message = guarded(function(_, name)
		local part = parts[name]
		if part then
			return text_of(C.nm_message(host, part))
		end
		return methods[name] or unknown("a message", name, known)
	end, function(_, name)
		error("message." .. tostring(name) .. " cannot be changed; write to the event", SCRIPT)
	end)

	return message, event, emit, view
end
