-- SPDX-License-Identifier: Apache-2.0
--
-- What a vendor script can see: the names below, and nothing that reaches files, processes, the network, FFI, other
-- scripts or the engine. Each script gets an environment of its own. Reading a name that is not there and
-- writing any global are errors with file and line.

-- Nothing ends a function of the library while it runs, so what could take it long is refused.
local REPEAT_MAX = 65536 -- bytes that string.rep may make
local FIND_MAX = 1024 -- bytes of what string.find looks for
local SORT_MAX = 10000 -- members of what table.sort sorts

local allowed = {
	functions = { "assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "tostring", "type",
		"unpack" },
	string = { "byte", "char", "format", "len", "lower", "reverse", "sub", "upper" },
	table = { "concat", "insert", "maxn", "remove", "sort" },
	math = { "abs", "ceil", "floor", "fmod", "huge", "max", "min", "modf", "pi", "pow", "sqrt" },
	bit = { "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit", "tohex" },
}

local function repeated(text, count, separator)
	if (#text + #(separator or "")) * count > REPEAT_MAX then
		error("string.rep: would make more than " .. REPEAT_MAX .. " bytes", 2)
	end
	return string.rep(text, count, separator)
end

-- Lua's own patterns can take for ever on one line, and nothing can end them while they do.
local use_instead = {}
for _, name in ipairs({ "match", "gmatch", "gsub" }) do
	use_instead["string." .. name] = ": use a template, a regex rule or message:cursor(); string.find finds plain "
		.. "text"
end

-- What to find is plain text, without characters of a pattern.
local find = string.find
local function plain_find(text, what, init)
	if type(what) == "string" and #what > FIND_MAX then
		error("string.find: looks for no more than " .. FIND_MAX .. " bytes", 2)
	end
	return find(text, what, init, true)
end

local function sorted(list, before)
	if type(list) == "table" and #list > SORT_MAX then
		error("table.sort: sorts no more than " .. SORT_MAX .. " members", 2)
	end
	table.sort(list, before)
end

-- Behind the end or before the beginning it would move all numbers between.
local function inserted(list, place, ...)
	if select("#", ...) == 0 then
		table.insert(list, place)
		return
	end
	local at = tonumber(place)
	if type(list) == "table" and at and not (at >= 1 and at <= #list + 1) then
		error("table.insert: the place must be from 1 to " .. #list + 1, 2)
	end
	table.insert(list, place, ...)
end

local function names_of(t)
	local names = {}
	for name in pairs(t) do
		names[#names + 1] = name
	end
	table.sort(names)
	return names
end

return function(near)
	local function read_only(members, what)
		return setmetatable({}, {
			__index = setmetatable(members, {
				__index = function(_, name)
					name = tostring(name)
					error("there is no " .. what .. name
						.. (use_instead[what .. name] or near(name, names_of(members))), 2)
				end,
			}),
			__newindex = function(_, name)
				error(what .. tostring(name) .. " cannot be changed", 2)
			end,
			__metatable = false,
		})
	end

	local libraries = {}
	for library, names in pairs(allowed) do
		local members = {}
		for _, name in ipairs(names) do
			members[name] = (library == "functions" and _G or _G[library])[name]
		end
		libraries[library] = members
	end
	libraries.string.rep = repeated
	libraries.string.find = plain_find
	libraries.table.sort = sorted
	libraries.table.insert = inserted

	-- ("text"):find() and the like reach the same functions, and nobody can reach the table itself.
	local texts = getmetatable("")
	texts.__index = read_only(libraries.string, "string.")
	texts.__metatable = false

	-- The environment of one script; extra: further names for it; check: what engine/script/checked.c calls, in the
	-- environment itself, where it is found at once.
	return function(extra, check)
		local known = {}
		for name, value in pairs(libraries.functions) do
			known[name] = value
		end
		for library, members in pairs(libraries) do
			if library ~= "functions" then
				known[library] = read_only(members, library .. ".")
			end
		end
		for name, value in pairs(extra) do
			known[name] = value
		end
		setmetatable(known, {
			__index = function(_, name)
				name = tostring(name)
				local advice = near(name, names_of(known))
				if advice == "" then
					advice = "; a text stands in quotes: \"" .. name .. "\""
				end
				error("nothing is named " .. name .. " here" .. advice, 2)
			end,
		})
		return setmetatable({ natmill_check = check }, {
			__index = known,
			__newindex = function(_, name)
				name = tostring(name)
				error("write `local " .. name .. " = ...`: scripts share no names" .. near(name, {}), 2)
			end,
			__metatable = false,
		})
	end
end
