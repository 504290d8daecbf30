-- SPDX-License-Identifier: Apache-2.0
--
-- scripts/vendor.lua against a C side that only writes down what it is told: what does each way of writing a script
-- declare? Run from the root: busted --lua=/usr/bin/luajit tests/lua

package.path = "scripts/?.lua;" .. package.path

describe("a vendor script", function()
	local told, handlers, vendor, object

	local fake_C = setmetatable({ NM_RULE_TEMPLATE = 0, NM_RULE_REGEX = 1, NM_RULE_HANDLER = 2,
		nm_reader_name = function() end }, {
		__index = function(_, name)
			return function(_, ...)
				told[#told + 1] = { name:gsub("nm_declare_", ""), ... }
				return name == "nm_declare_rule" and #told or 0
			end
		end,
	})

	before_each(function()
		told, handlers = {}, {}
		local near = function() return "; near" end
		local new_vendor = dofile("scripts/vendor.lua")(nil, fake_C, "host", near, handlers)
		vendor, object = new_vendor("nfware")
	end)

	-- What was declared, a line each, without the counts of gsub.
	local function lines()
		local out = {}
		for _, call in ipairs(told) do
			local words = { call[1] }
			for i = 2, #call do
				words[#words + 1] = tostring(call[i])
			end
			out[#out + 1] = table.concat(words, " ")
		end
		return out
	end

	it("is given by its name", function()
		assert.are.equal(object, vendor("nfware"))
		assert.has_error(function() vendor("nfwar") end)
	end)

	it("takes one text or a list", function()
		object:topics "one"
		object:topics { "two", "^three" }
		assert.are.same({ "topic one", "topic two", "topic ^three" }, lines())
	end)

	it("declares words in a fixed order", function()
		object:actions { D = "deleted", A = "created" }
		object:protocols { X = 6 }
		assert.are.same({ "action A created", "action D deleted", "protocol X 6" }, lines())
	end)

	it("declares rules in the order written", function()
		object:session_mapping "{a}"
		object:ignore { "x", "y" }
		object:regex("address_mapping", "(r)", { action = "created" })
		assert.are.same({
			"rule 0 session_mapping {a} 3", "end",
			"rule 0 ignore x 1", "end",
			"rule 0 ignore y 1", "end",
			"rule 1 address_mapping (r) 3", "constant action created 7", "end",
		}, lines())
	end)

	it("keeps handlers under their numbers", function()
		local function handler() end
		object:handler(handler)
		assert.are.equal(handler, handlers[1])
	end)

	it("is not to be changed or misspelt", function()
		assert.has_error(function() object.topics = 1 end)
		assert.has_error(function() return object.topcis end)
		assert.has_error(function() object.topics("one") end)
		assert.has_error(function() object:topics(1) end)
		assert.has_error(function() object:topics("a\0b") end)
		assert.has_error(function() object:handler("x") end)
		assert.has_error(function() object:actions({ "created" }) end)
		assert.is_false(getmetatable(object))
		assert.are.same({}, lines())
	end)
end)
