-- SPDX-License-Identifier: Apache-2.0
--
-- Characters that nobody sees, or takes for a blank: they come from web pages and word processors. Lua takes them
-- for letters. invisible(text) gives the first one's name, nil when there is none.

local sub = string.sub

local NAMES = {
	["\194\160"] = "a no-break space (U+00A0)",
	["\194\173"] = "a soft hyphen (U+00AD)",
	["\226\128\139"] = "a zero-width space (U+200B)",
	["\226\128\140"] = "a zero-width non-joiner (U+200C)",
	["\226\128\141"] = "a zero-width joiner (U+200D)",
	["\226\128\142"] = "a left-to-right mark (U+200E)",
	["\226\128\143"] = "a right-to-left mark (U+200F)",
	["\226\128\175"] = "a narrow no-break space (U+202F)",
	["\226\129\160"] = "a word joiner (U+2060)",
	["\227\128\128"] = "an ideographic space (U+3000)",
	["\239\187\191"] = "a byte order mark (U+FEFF)",
}

return function(text)
	for i = 1, #text do
		local name = NAMES[sub(text, i, i + 1)] or NAMES[sub(text, i, i + 2)]
		if name ~= nil then
			return name
		end
	end
end
