-- SPDX-License-Identifier: Apache-2.0
--
-- Why a script's function raised, as people shall read it. Both loops ask here, of errors only.

-- what: "handler" or "filter". Second answer: the reason is the script's own, with file and line.
return function(reason, what)
	if type(reason) ~= "string" then
		return "the " .. what .. " raised an error that is no text", false
	elseif reason == "not enough memory" then
		collectgarbage()
		return "the " .. what .. " took more memory than a script may", false
	end
	return reason, true
end
