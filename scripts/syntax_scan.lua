-- SPDX-License-Identifier: Apache-2.0
--
-- The text of a script that is no Lua, prepared for the guesses of syntax.lua: its lines, once as they are and once
-- with texts and comments blanked out, and what brackets are open where.

-- A vendor script's sandbox takes the methods of texts away, so these are called by name.
local find, gmatch, gsub, match, sub = string.find, string.gmatch, string.gsub, string.match, string.sub

local scan = {}

local STRANGE = {
	{ "\226\128\152", "quote" }, { "\226\128\153", "quote" }, { "\226\128\154", "quote" },
	{ "\226\128\156", "quote" }, { "\226\128\157", "quote" }, { "\226\128\158", "quote" },
	{ "\194\171", "quote" }, { "\194\187", "quote" }, { "\194\180", "quote" }, { "`", "quote" },
}

local invisible = require("invisible")

-- What is strange in a text, and the character: "quote", or the name of an invisible one.
function scan.strange(text)
	for _, row in ipairs(STRANGE) do
		if find(text, row[1], 1, true) then
			return row[2], row[1]
		end
	end
	return invisible(text)
end

local function blank(text)
	return (gsub(text, "[^\n]", " "))
end

-- A quoted text from its quote at `at`: where it ends, at the latest with its line.
local function quoted_end(text, at)
	local quote = sub(text, at, at)
	local i = at + 1
	while i <= #text do
		local c = sub(text, i, i)
		if c == quote then
			return i
		elseif c == "\n" then
			return i - 1
		end
		i = i + (c == "\\" and 2 or 1)
	end
	return #text
end

-- The end of `[[ ]]` or `[=[ ]=]` from its first bracket; nil if none begins there, then false if it does not end.
local function long_end(text, at)
	local equals = match(text, "^%[(=*)%[", at)
	if equals == nil then
		return nil, true
	end
	local _, last = find(text, "]" .. equals .. "]", at, true)
	return last or #text, last ~= nil
end

-- The text of the same length in which texts are `"   "` and comments blanks; where a long text begins that does
-- not end.
local function bare_of(text)
	local parts = {}
	local at = 1
	local unfinished = nil
	while true do
		local start = find(text, "[\"'%[%-]", at)
		if start == nil then
			parts[#parts + 1] = sub(text, at)
			return table.concat(parts), unfinished
		end
		local is_comment = sub(text, start, start + 1) == "--"
		local last, ended = long_end(text, is_comment and start + 2 or start)
		local first = sub(text, start, start)
		if last == nil and is_comment then
			last = (find(text, "\n", start, true) or #text + 1) - 1
		elseif last == nil and first ~= "[" and first ~= "-" then
			last = quoted_end(text, start)
		end
		unfinished = unfinished or not ended and start or nil
		parts[#parts + 1] = sub(text, at, start - 1)
		if last == nil then
			parts[#parts + 1] = first
		elseif is_comment then
			parts[#parts + 1] = blank(sub(text, start, last))
		elseif last == start then
			parts[#parts + 1] = "\""
		else
			parts[#parts + 1] = "\"" .. blank(sub(text, start + 1, last - 1)) .. "\""
		end
		at = (last or start) + 1
	end
end

local function split(text)
	local lines = {}
	for line in gmatch((text .. "\n"), "([^\n]*)\n") do
		lines[#lines + 1] = line
	end
	return lines
end

local CLOSES = { [")"] = "(", ["}"] = "{", ["]"] = "[" }

-- Adds the brackets of a text to those open before it.
local function add_brackets(open, text, number)
	for bracket in gmatch(text, "[%[%](){}]") do
		if CLOSES[bracket] == nil then
			open[#open + 1] = { bracket, number }
		elseif #open > 0 and open[#open][1] == CLOSES[bracket] then
			open[#open] = nil
		end
	end
end

-- How many brackets a text leaves open.
function scan.opens(text)
	local open = {}
	add_brackets(open, (bare_of(text)), 0)
	return #open
end

local KEYS_MAX = 2000 -- bytes of a line that is searched for keys, each time from the script's beginning

local context = {}
context.__index = context

-- The bracket last opened before the column of the line (before the line) that is still open: it and its line.
function context:open_at(number, column)
	local open = {}
	for i = 1, number - 1 do
		add_brackets(open, self.bares[i], i)
	end
	add_brackets(open, sub(self.bares[number], 1, (column or 1) - 1), number)
	if #open > 0 then
		return open[#open][1], open[#open][2]
	end
end

function context:in_braces(column)
	return self:open_at(self.number, column) == "{"
end

-- The number of the line with something in it before this one.
function context:before()
	for i = self.number - 1, 1, -1 do
		if find(self.bares[i], "%S") then
			return i
		end
	end
end

-- Is the token that LuaJIT names the first of its line?
function context:first_is_near()
	local start = find(self.line, "%S")
	return start ~= nil and sub(self.line, start, start + #self.near - 1) == self.near
end

-- The first key within braces on this line that must stand in brackets: as it stands in the script.
function context:wrong_key(words)
	if #self.bare > KEYS_MAX then
		return nil
	end
	local from = 1
	while true do
		local at = find(self.bare, "=", from, true)
		if at == nil then
			return nil
		end
		local start = find(sub(self.bare, 1, at - 1), "[^{,;=~<>]*$")
		local before = sub(self.bare, start - 1, start - 1)
		local found = match(sub(self.line, start, at - 1), "^%s*(.-)%s*$")
		local plain = find(found, "^[%a_\128-\255][%w_\128-\255]*$") and not words[found]
			or find(found, "^%[.*%]$")
		if found ~= "" and not plain and before ~= "=" and sub(self.bare, at + 1, at + 1) ~= "="
				and self:in_braces(at) then
			return found
		end
		from = at + 1
	end
end

-- Takes LuaJIT's message in: what it says and the token it names.
function context:set(what)
	self.what = what
	self.near = match(what, " near '(.*)'$") or ""
	self.place = find(self.line, self.near, 1, true)
end

-- nil when the script has no such line.
function scan.context(text, number)
	text = gsub(gsub(text, "^\239\187\191", ""), "\r\n?", "\n")
	local bare, unfinished = bare_of(text)
	local c = setmetatable({ number = number, lines = split(text), bares = split(bare) }, context)
	if c.lines[number] == nil then
		return nil
	end
	c.line, c.bare = c.lines[number], c.bares[number]
	c.vendor = match(bare, "local%s+([%a_][%w_]*)%s*=%s*vendor") or "acme"
	c.unfinished = unfinished and select(2, gsub(sub(text, 1, unfinished), "\n", "")) + 1
	return c
end

return scan
