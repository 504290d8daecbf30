-- SPDX-License-Identifier: Apache-2.0
--
-- Filters written in Lua: functions that say of each event whether an output gets it. C calls the loop once for each
-- batch and output; a filter that raises costs its event, no more. LuaJIT must be able to compile the loop.

local readable = require("reason")

return function(C, host, view, environment)
	local filters = {}

	local function raised(reason)
		local own
		reason, own = readable(reason, "filter")
		if own then
			reason = "filter " .. reason
		end
		C.nm_filter_raised(host, reason, #reason)
	end

	local function load(chunk, _, file)
		setfenv(chunk, environment)
		local filter = chunk()
		if type(filter) ~= "function" then
			error(file .. ": must return a function: "
				.. "return function(event) return event.src_port ~= 53 end", 0)
		end
		filters[#filters + 1] = filter
	end

	local function run(number)
		local filter = filters[number]
		while C.nm_filter_next(host) ~= 0 do
			local ok, answer = pcall(filter, view)
			if ok then
				C.nm_filter_answer(host, answer and 1 or 0)
			else
				raised(answer)
			end
		end
	end

	return load, run
end
