-- SPDX-License-Identifier: Apache-2.0
--
-- "Did you mean ...?": near(name, names) gives the end of a sentence, empty when no name is near.

return function(ffi, C)
	return function(name, names)
		local found = C.nm_near(name, ffi.new("const char *[?]", #names, names), #names)
		if found == nil then
			return ""
		end
		return "; did you mean " .. ffi.string(found) .. "?"
	end
end
