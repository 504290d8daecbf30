-- SPDX-License-Identifier: Apache-2.0
--
-- Where does the JIT compiler stop in a script's file? For the warnings of natmill check (engine/script/lint_jit.c),
-- never on the hot path. What it cannot compile ends a trace: there the trace is stitched or given up.

return function(util, file)
	local prefix = file .. ":"
	local last -- line of the script that was recorded last
	local stops = {}

	local function recorded(_, func, pc)
		local place = type(pc) == "number" and pc >= 0 and util.funcinfo(func, pc).loc
		if place and place:sub(1, #prefix) == prefix then
			last = tonumber(place:sub(#prefix + 1))
		end
	end

	local function traced(what, trace)
		if what == "start" then
			last = nil
		elseif last and what == "stop" and util.traceinfo(trace).linktype == "stitch" then
			stops[last] = "stitched"
		elseif last and what == "abort" then
			stops[last] = stops[last] or "aborted"
		end
	end

	jit.attach(recorded, "record")
	jit.attach(traced, "trace")

	-- Lines where something was called that cannot be compiled; if there are none, those where traces were given
	-- up.
	return function()
		for _, kind in ipairs({ "stitched", "aborted" }) do
			local lines = {}
			for line, stop in pairs(stops) do
				if stop == kind then
					lines[#lines + 1] = line
				end
			end
			if #lines > 0 then
				table.sort(lines)
				return unpack(lines)
			end
		end
	end
end
