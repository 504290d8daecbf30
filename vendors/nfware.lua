-- SPDX-License-Identifier: Apache-2.0
--
-- NFWare vCGNAT, syslog. INT is the inside address, EXT the public one, DST the destination.
--
-- A (added) and D (deleted) are in the vendor's documentation. It mentions interim logs for port blocks too, but not
-- their letter: I and U are our reading, and hold for port blocks only.

local nfware = vendor "nfware"

nfware:topics  "cgnat.syslog.nfware"
nfware:actions { A = "created", D = "deleted" }

nfware:session_mapping    "{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port} DST {dst_ip}:{dst_port}[ DIR (OUT|IN)]"
nfware:port_mapping       "{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port}"
nfware:port_block_mapping "{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}"
nfware:port_block_mapping("(I|U) VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}", { action = "updated" })
nfware:address_mapping    "{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}"

-- Sent without a syslog header, words may stay in front. Only the first record in the line is read, and it must end
-- there: a template that skips what is in front would pass over a record that it does not fit.
local WORDS_MAX = 4

local function action(c, event)
	for _ = 1, WORDS_MAX do
		if c:word() == "VRF" then -- a record has begun, and was not read
			return false
		end
		c:skip(" ")
		if c:skip("I VRF ") or c:skip("U VRF ") then
			event.action = "updated"
			return true
		end
		if c:read("action") and c:skip(" VRF ") then
			return true
		end
	end
	return false
end

local function ports(c, event)
	if not (c:endpoint("src_ip", "src_port") and c:skip(" EXT ") and c:endpoint("x_ip", "x_port")) then
		return false
	end
	event.type = "port_mapping"
	if c:skip(" DST ") then
		event.type = "session_mapping"
		return c:endpoint("dst_ip", "dst_port") and (c:skip(" DIR OUT") or c:skip(" DIR IN") or true)
	end
	return true
end

local function addresses(c, event)
	if not (c:read("src_ip") and c:skip(" EXT ") and c:read("x_ip")) then
		return false
	end
	event.type = "address_mapping"
	if c:skip(":") then
		event.type = "port_block_mapping"
		return c:read("start_port") and c:skip("-") and c:read("end_port")
	end
	return true
end

nfware:handler(function(message, event, emit)
	local c = message:cursor()
	local fits
	if not (action(c, event) and c:read("vrf_id") and c:skip(" ")) then
		return
	end
	if c:skip("INT ") then
		fits = addresses(c, event)
	elseif c:read("protocol") and c:skip(" INT ") then
		fits = ports(c, event)
	end
	local interim = event.action == 3 and event.type ~= "port_block_mapping"
	if fits and not interim and not c:rest() then
		emit(event)
	end
end)

return nfware
