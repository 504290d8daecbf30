-- SPDX-License-Identifier: Apache-2.0
--
-- Where a vendor script is no Lua: what was probably meant, for authors who do not know Lua. C calls it with
-- LuaJIT's message and the script's text when the text does not compile; the answer takes the message's place. The
-- guesses stand in a table, tried in order; a guess returns a sentence and, if it is another one, the line it is about.

local scan = require("syntax_scan")
local find, gmatch, gsub, match, sub = string.find, string.gmatch, string.gsub, string.match, string.sub

local SHOWN_MAX = 100 -- bytes of a line of the script that an error quotes
local WORDS = {}
for word in gmatch("and break do else elseif end false for function goto if in local nil not or repeat return then "
	.. "true until while", "%a+") do
	WORDS[word] = true
end

local function brief(text)
	return #text > 40 and sub(text, 1, 40) .. "..." or text
end

local function unfinished(c)
	local quote = sub(c.near, 1, 1)
	if #c.near == 1 then
		return "a quote too many or too few in this line; a text with a quote in it stands in [[...]]"
	end
	return "the text that begins with `" .. brief(c.near) .. "` has no closing quote " .. quote
end

local function no_number(c)
	local digits, rest = match(c.near, "^(%d+)([%a_][%w_]*)$")
	if c.place ~= nil and c:in_braces(c.place) then
		return "write [\"" .. c.near .. "\"] ="
	elseif digits ~= nil then
		return "a name does not begin with a digit; write " .. rest .. digits
	end
end

-- Characters that look like others, or like nothing, outside of texts.
local function strange(c)
	local name, character = scan.strange(c.bare)
	if name == "quote" then
		return "a text stands in straight quotes, as in \"nat\", not in " .. character
	elseif name ~= nil then
		return "there is " .. name .. " in this line: write a plain one, or none"
	end
end

local function odd_quotes(c)
	local code = sub(c.line, 1, #match(c.bare, "^(.-)%s*$")) -- without a comment behind it
	local _, count = gsub(code, "\"", "")
	if count % 2 == 1 and not find(code, "[[", 1, true) then
		return "a quote is missing in this line: a text stands in straight quotes, \"...\""
	end
end

local function comment(c)
	if find(c.bare, "//", 1, true) or find(c.bare, "/*", 1, true) or find(c.bare, "^%s*#") then
		return "comments begin with --"
	end
end

local function arrow(c)
	if find(c.bare, "=>", 1, true) then
		return "write = between the two, not =>"
	end
end

-- `nat-open = ` in braces.
local function key(c)
	local found = c:wrong_key(WORDS)
	if found == nil then
		return nil
	end
	local text = find(found, "^[\"']") and found or tonumber(found) ~= nil and found or "\"" .. found .. "\""
	return "write [" .. text .. "] =" .. (WORDS[found] and "; " .. found .. " is a word of Lua" or "")
end

local function colon_for_equals(c)
	local name = match(c.bare, "([%a_][%w_]*)%s*:%s*[\"{]") or match(c.line, "([\"'][%w_.-]+[\"'])%s*:")
	local start = name ~= nil and find(c.line, name, 1, true)
	if not start then
		return nil
	elseif c:in_braces(start) then
		return "write = between key and value, as in "
			.. (find(name, "^[%a_]") and name or "[" .. name .. "]") .. " = \"...\""
	end
	return "a declaration begins with the vendor's name: write " .. c.vendor .. ":" .. name
end

local function equals_for_call(c)
	local called = match(c.bare, "([%a_][%w_]*:[%a_][%w_]*)%s*=")
	return called and "no = after " .. called .. ": write " .. called .. " \"...\" or " .. called .. " { ... }"
end

local function no_quotes(c)
	local called, rest = match(c.bare, "([%a_][%w_]*:[%a_][%w_]*)%s*(.*)$")
	if called ~= nil and rest ~= "" then
		return "a text stands in straight quotes: write " .. called .. " \"...\""
	end
	local number = c:before()
	called = match(number and c.bares[number] or "", "([%a_][%w_]*:[%a_][%w_]*)%s*$")
	if called ~= nil then
		return "nothing stands behind " .. called .. ": write a text in quotes, or { ... }", number
	end
end

-- The line begins a new declaration, or ends the script: what was open should have been closed before.
local function begins(c)
	return c.near == "return" or c.near == "<eof>"
		or find(c.bare, "^%s*" .. c.vendor .. "%s*[:.]") ~= nil and c.near == c.vendor
end

local function left_open(c)
	local bracket, number = c:open_at(c.number)
	if bracket == nil or not begins(c) then
		return nil
	end
	local closing = bracket == "(" and ")" or bracket == "{" and "}" or "]"
	local next_line = c.lines[number + 1] or ""
	return bracket .. " is open since line " .. number .. ": where is its " .. closing .. "?"
		.. (find(next_line, "^%s*%-%-") and " Line " .. number + 1 .. " stands behind --" or ""), number
end

-- The first line of a declaration stands behind --, the others do not.
local function half_comment(c)
	if c:open_at(c.number) ~= nil then
		return nil
	end
	for number = c.number, math.max(1, c.number - 50), -1 do
		local text = match(c.lines[number], "^%s*%-%-(.*)$")
		if text ~= nil and scan.opens(text) > 0 then
			return "this line belongs to line " .. number .. ", which stands behind --: take that -- away, "
				.. "or put -- before this line, too", number
		elseif text ~= nil or find(c.lines[number], "^%s*$") then
			return nil
		end
	end
end

local function comma(c)
	if find(c.near, "^[%a_\"'%[{]") == nil or begins(c) then
		return nil
	end
	local number = c:before()
	local bracket = c:open_at(c.number)
	if bracket ~= nil and number ~= nil and not find(c.bares[number], "[,;{(]%s*$")
			and c:first_is_near() then
		return "is a comma missing at the end of line " .. number .. "?", number
	elseif not c:first_is_near() then
		return "is a comma missing before " .. brief(c.near) .. "?"
	end
end

local function braces(c)
	local name = match(c.bare, "([%a_][%w_]*)%s*=")
	return name and "values with names stand in braces: write { " .. name .. " = ... }"
end

local function two_arguments(c)
	local called = match(c.bare, "([%a_][%w_]*:[%a_][%w_]*)%s*[\"{]")
	if called ~= nil then
		return "two arguments need ( ): write " .. called .. "(\"...\", { ... })"
	end
end

local function dashed(c)
	local name = match(c.bare, "^%s*local%s+([%w_-]+)") or match(c.bare, "^%s*([%w_-]+)")
	if name ~= nil and find(name, "-", 1, true) then
		return "a name has letters, digits and _ only: write " .. gsub(name, "-", "_") .. " for " .. name
	end
end

local function no_colon(c)
	local name = match(c.bare, "^%s*" .. c.vendor .. "%s+([%a_][%w_]*)")
	return name and "write a colon: " .. c.vendor .. ":" .. name
end

local function operator(c)
	if find(c.bare, "!=", 1, true) then
		return "`is not` is written ~="
	elseif find(c.bare, "%+%+") or find(c.bare, "%+=") then
		return "write count = count + 1"
	end
end

local function condition(c)
	return c.near == "=" and "== compares, = sets" or "write if ... then ... end"
end

local function no_end(c)
	local what, number = match(c.what, "to close '(%a+)' at line (%d+)")
	if c.near == "else" and find(c.bare, "else%s+if") then
		return "write elseif, in one word"
	elseif what ~= nil then
		return "the `" .. what .. "` of line " .. number .. " has no `end`", tonumber(number)
	end
end

local function closes(c)
	local place = find(c.bare, c.near, 1, true)
	while place ~= nil do
		local bracket, number = c:open_at(c.number, place)
		if bracket == nil then
			return "this " .. c.near .. " closes nothing: is it one too many?"
		elseif (bracket == "{") ~= (c.near == "}") then
			return bracket .. " is open since line " .. number .. ": close it before this " .. c.near,
				number
		end
		place = find(c.bare, c.near, place + 1, true)
	end
	return "something is missing before this " .. c.near .. ": an `end`, or a text in quotes?"
end

local function alone(c)
	local number = c:before()
	local text = begins(c) and number and c.bares[number] or c.bare
	local word = match(text, "^%s*([%a_][%w_]*:?)%s*$") or match(text, "([%a_][%w_]*:?)%s*$")
	if word ~= nil then
		return "`" .. word .. "` at the end of this line says nothing: a declaration is written " .. c.vendor
			.. ":topics \"...\"", begins(c) and number or nil
	end
end

-- What LuaJIT's message begins with (or *), what it is near to (or *), the guess.
local guesses = {
	{ "unfinished string", "*", unfinished },
	{ "unfinished long", "*", function(c) return "this [[ has no ]]", c.unfinished end },
	{ "invalid escape sequence", "*",
		function() return "a text with \\ in it stands in [[...]], not in quotes" end },
	{ "*", "*", strange },
	{ "*", "*", odd_quotes },
	{ "*", "/", comment },
	{ "*", "#", comment },
	{ "*", "*", arrow },
	{ "function arguments expected", "=", equals_for_call },
	{ "*", "*", left_open },
	{ "unexpected symbol", "*", half_comment },
	{ "'=' expected", "*", half_comment },
	{ "function arguments expected", "*", no_quotes },
	{ "']' expected", "*",
		function() return "[ without ]: a key in brackets is written [\"...\"] =" end },
	{ "malformed number", "*", no_number },
	{ "'<name>' expected", "*", colon_for_equals },
	{ "'}' expected", ":", colon_for_equals },
	{ "'}' expected", "*", key },
	{ "unexpected symbol", "*", key },
	{ "'}' expected", "*", comma },
	{ "')' expected", "=", braces },
	{ "')' expected", "*", comma },
	{ "unexpected symbol", ",", two_arguments },
	{ "unexpected symbol", "-", dashed },
	{ "'=' expected", "-", dashed },
	{ "*", "*", operator },
	{ "'=' expected", "*", no_colon },
	{ "'then' expected", "*", condition },
	{ "'end' expected", "*", no_end },
	{ "'<eof>' expected", "end", function() return "this `end` ends nothing: is it one too many?" end },
	{ "'<eof>' expected", "*",
		function() return "`return` ends the script: nothing may stand behind it" end },
	{ "unexpected symbol", "{", function() return "a function begins without { and ends with `end`" end },
	{ "unexpected symbol", "==", function() return "== compares, = sets" end },
	{ "*", ")", closes },
	{ "*", "}", closes },
	{ "*", "return", alone },
	{ "'=' expected", "*", alone },
}

local function guess(c)
	for _, row in ipairs(guesses) do
		if (row[1] == "*" or sub(c.what, 1, #row[1]) == row[1]) and (row[2] == "*" or row[2] == c.near) then
			local said, number = row[3](c)
			if said then
				return said, number or c.number
			end
		end
	end
	local before = c:first_is_near() and c:before()
	return "Lua does not understand this line" .. (before and " after the one before" or ""), c.number, before
end

-- A line of the script; of a long one what is around the token.
local function quoted(c, number)
	local line = c.lines[number]
	local from = number == c.number and #line > SHOWN_MAX and c.place ~= nil and c.place - SHOWN_MAX / 2 or 1
	if from > 1 then
		line = "..." .. sub(line, from)
	end
	line = match(line, "^%s*(.-)%s*$")
	return "line " .. number .. ": `" .. (#line > SHOWN_MAX and sub(line, 1, SHOWN_MAX) .. "..." or line) .. "`"
end

-- message: LuaJIT's, "FILE:LINE: WHAT near 'TOKEN'". Returns what to say instead.
return function(message, text)
	local file, number, what = match(message, "^(.-):(%d+): (.*)$")
	local c = file ~= nil and scan.context(text, tonumber(number))
	if not c then
		return message
	end
	c:set(what)
	local said, about, before = guess(c)
	local shown = quoted(c, before or about)
	if (before or about) ~= c.number and find(c.line, "%S") then
		shown = shown .. ", " .. quoted(c, c.number)
	end
	local mark = find(said, "%?$") and " " or "; "
	return file .. ":" .. about .. ": " .. said .. mark .. shown .. " (Lua: " .. sub(what, 1, 100) .. ")"
end
