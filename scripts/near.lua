-- SPDX-License-Identifier: Apache-2.0
--
-- "Did you mean ...?": near(name, names) gives the end of a sentence, empty when no name is near. It also tells of a
-- character in the name that nobody sees.

local invisible = require("invisible")

return function(ffi, C)
	return function(name, names)
		local found = C.nm_near(name, ffi.new("const char *[?]", #names, names), #names)
		local character = invisible(name)
		return (character == nil and "" or "; there is " .. character .. " in it: take it away")
			.. (found == nil and "" or "; did you mean " .. ffi.string(found) .. "?")
	end
end
