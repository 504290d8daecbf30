-- SPDX-License-Identifier: Apache-2.0
--
-- The batch loop. C calls it once a batch; each turn is one call into C, which takes the next record, tries the rules
-- that C can run and settles it, or names the handler to run. A handler that raises costs its record, no more.
-- LuaJIT must be able to compile all of it: tests/unit/test_jit.c asserts so.

local readable = require("reason")

return function(C, host, handlers, message, event, emit)
	local END, DONE = C.NM_END, C.NM_DONE

	local function raised(reason)
		reason = readable(reason, "handler")
		C.nm_raised(host, reason, #reason)
	end

	return function()
		local turn = C.nm_next(host)
		while turn ~= END do
			if turn ~= DONE then
				local ok, reason = pcall(handlers[turn], message, event, emit)
				if not ok then
					raised(reason)
				end
			end
			turn = C.nm_next(host)
		end
	end
end
