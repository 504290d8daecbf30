-- SPDX-License-Identifier: Apache-2.0
--
-- The cursor of a handler: `local c = message:cursor()`. It stands at the start of the text and moves over
-- what is asked for; what is not there leaves it where it is. There is one for the record under way.

return function(C, host, text_of, fields, names, unknown, guarded)
	local LITERAL_MAX = 1024 -- what is longer could take long to look for
	local METHOD = 2 -- error level: the line of the script that called the method

	local function field_of(name)
		return fields[name] or unknown("an event", name, names, METHOD + 2)
	end

	local function literal(text, method)
		if type(text) ~= "string" then
			error(method .. " takes a text in quotes", METHOD + 1)
		elseif #text > LITERAL_MAX then
			error(method .. " takes no more than " .. LITERAL_MAX .. " bytes", METHOD + 1)
		end
		return text
	end

	local methods = {
		-- Over this text, if it stands here. A blank is one or more blanks.
		skip = function(_, text)
			text = literal(text, "skip")
			return C.nm_cursor_skip(host, text, #text) == 1
		end,
		-- Behind the next place where this text stands.
		find = function(_, text)
			text = literal(text, "find")
			return C.nm_cursor_find(host, text, #text) == 1
		end,
		-- Reads a value of the field into the event.
		read = function(_, field)
			return C.nm_cursor_read(host, field_of(field)) == 1
		end,
		-- Reads address:port into two fields of the event.
		endpoint = function(_, address, port)
			return C.nm_cursor_endpoint(host, field_of(address), field_of(port)) == 1
		end,
		-- Up to the next blank; nil at the end.
		word = function()
			return text_of(C.nm_cursor_word(host))
		end,
		-- A whole number; nil if there is none.
		number = function()
			local value = C.nm_cursor_number(host)
			return value == value and value or nil
		end,
		-- Everything that is left; nil at the end.
		rest = function()
			return text_of(C.nm_cursor_rest(host))
		end,
		-- The column, from 1.
		position = function()
			return C.nm_cursor_position(host)
		end,
	}
	local known = { "skip", "find", "read", "endpoint", "word", "number", "rest", "position" }

	return guarded(function(_, name)
		return methods[name] or unknown("a cursor", name, known)
	end, function(_, name)
		error("cursor." .. tostring(name) .. " cannot be changed", METHOD)
	end)
end
