-- SPDX-License-Identifier: Apache-2.0
--
-- scripts/sandbox.lua by itself. What the whole program lets a script reach is in tests/unit/test_sandbox.c.
-- Run from the root: busted --lua=/usr/bin/luajit tests/lua

package.path = "scripts/?.lua;" .. package.path

-- The string metatable belongs to the tests, too: it is put back after each one.
describe("the sandbox", function()
	local new_environment, texts, index, guarded

	before_each(function()
		texts = getmetatable("")
		index = texts.__index
		new_environment = dofile("scripts/sandbox.lua")(function(name, names)
			return " <" .. name .. " of " .. #names .. ">"
		end)
		guarded = texts.__index
		texts.__index = index -- the tests' own, but for the code that run() is given
	end)

	after_each(function()
		texts.__index = index
		texts.__metatable = nil
	end)

	local function run(code, extra)
		local chunk = assert(loadstring(code, "@x.lua"))
		setfenv(chunk, new_environment(extra or {}))
		texts.__index = guarded
		local ok, value = pcall(chunk)
		texts.__index = index
		return ok, value
	end

	it("offers what it is given", function()
		local ok, value = run("return answer", { answer = 42 })
		assert.is_true(ok)
		assert.are.equal(42, value)
	end)

	it("tells line and nearest name of what it does not know", function()
		local ok, message = run("\nreturn nobody")
		assert.is_false(ok)
		assert.is_truthy(message:find("x.lua:2: nothing is named nobody here <nobody of", 1, true))
	end)

	it("refuses globals", function()
		local ok, message = run("count = 1")
		assert.is_false(ok)
		assert.are.equal("x.lua:1: write `local count = ...`: scripts share no names <count of 0>", message)
	end)

	it("keeps libraries as they are", function()
		for _, code in ipairs({ "string.find = nil", "table.x = 1", "math.pi = 3", "bit.band = 1" }) do
			local ok, message = run(code)
			assert.is_false(ok)
			assert.is_truthy(message:find("cannot be changed", 1, true))
		end
	end)

	it("makes each script an environment of its own", function()
		assert.are_not.equal(new_environment({}), new_environment({}))
		assert.is_false(getmetatable(new_environment({})))
	end)

	it("has no patterns: they can take for ever", function()
		for _, name in ipairs({ "match", "gmatch", "gsub" }) do
			for _, code in ipairs({ "return string." .. name, "return ('x'):" .. name .. "('x', 'y')" }) do
				local ok, message = run(code)
				assert.is_false(ok)
				local reason = "x.lua:1: there is no string." .. name .. ": use a template"
				assert.is_truthy(message:find(reason, 1, true))
			end
		end
		local ok, at = run("return ('a%d'):find('%d')")
		assert.is_true(ok)
		assert.are.equal(2, at)
		assert.is_nil(select(2, run("return string.find('abc', '%a')")))
	end)

	it("bounds string.rep", function()
		local ok, text = run("return ('ab'):rep(3, '-')")
		assert.is_true(ok)
		assert.are.equal("ab-ab-ab", text)
		assert.is_false((run("return ('ab'):rep(40000)")))
		assert.is_false((run("return string.rep('a', 2, ('b'):rep(40000))")))
	end)
end)
