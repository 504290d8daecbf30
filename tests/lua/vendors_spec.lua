-- SPDX-License-Identifier: Apache-2.0
--
-- The shipped vendor scripts as files: each has samples beside it, says what it is, and its samples show at least
-- one event and one dead letter. What they do with their samples is in tests/unit/test_samples.c.

local function read(path)
	local file = assert(io.open(path))
	local text = file:read("*a")
	file:close()
	return text
end

describe("vendors/", function()
	local names = {}
	for path in io.popen("ls vendors/*.lua"):lines() do
		names[#names + 1] = path:match("([%w_-]+)%.lua$")
	end

	it("holds scripts", function()
		assert.is_true(#names >= 2)
	end)

	for _, name in ipairs(names) do
		describe(name, function()
			local script = read("vendors/" .. name .. ".lua")

			it("names itself as its file", function()
				assert.is_truthy(script:find("vendor \"" .. name .. "\"", 1, true))
				-- The local's own name: 6wind and cisco-ios are none in Lua.
				assert.is_truthy(script:find("\nreturn [%a_][%w_]*\n$"))
			end)

			it("starts with licence and description", function()
				local head = "^%-%- SPDX%-License%-Identifier: Apache%-2%.0\n%-%-\n%-%- %u"
				assert.is_truthy(script:find(head))
			end)

			it("has samples of events and of what is none", function()
				local samples = read("vendors/" .. name .. ".samples")
				assert.is_truthy(samples:find("\n{\"type\""))
				assert.is_truthy(samples:find("\ndead: "))
			end)
		end)
	end
end)
