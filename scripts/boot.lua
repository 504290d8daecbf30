-- SPDX-License-Identifier: Apache-2.0
--
-- Starts the Lua side of one worker's host. C calls what this file returns once, with the host and the FFI
-- declarations; it gives back functions: load(chunk, name, file) runs a vendor script's file, run() runs the batch that
-- C has set; the other two are the same for filters: run(number) asks one about the events that C has set. Everything
-- else in this folder is a module without state of its own, made here.

local ffi = require("ffi")

return function(address, declarations)
	ffi.cdef(declarations)
	local C = ffi.C
	local host = ffi.cast("struct host *", address)
	if C.nm_abi(ffi.sizeof("struct nm_text")) ~= C.NM_ABI then
		error("scripts/ and the program are of different versions")
	end

	-- What engine/script/checked.c puts into each loop and function of a script.
	local function check()
		if C.nm_over(host) ~= 0 then
			local text = C.nm_error(host)
			error(ffi.string(text.data, text.len), 2)
		end
	end

	local near = require("near")(ffi, C)
	local message, event, emit, view = require("message")(ffi, C, host, near)
	local handlers = {}
	local new_vendor = require("vendor")(ffi, C, host, near, handlers)
	local new_environment = require("sandbox")(near)

	local function load(chunk, name, file)
		local vendor, object = new_vendor(name)
		setfenv(chunk, new_environment({ vendor = vendor }, check))
		if chunk() ~= object then
			error(file .. ": the last line must be `return` and the name of the vendor's variable, as in: "
				.. "return " .. name, 0)
		end
	end

	local load_filter, run_filter = require("filter")(C, host, view, new_environment({}, check))

	return load, require("loop")(C, host, handlers, message, event, emit), load_filter, run_filter
end
