-- SPDX-License-Identifier: Apache-2.0
--
-- A10 Thunder CGN, syslog in the ASCII format, with the port batches of its custom messages. The vendor's guide was
-- not to be had; the forms are from lines seen in public. C, D and U are created, deleted and updated; B as created
-- and F as deleted are our reading. Any other letter is a dead letter, not a guess.
--
-- A line holds one record. The templates take the plain lines and tell where a line stops; the handlers take what has
-- words around it. They read the first record in the line and nothing else, so that a second one is never taken for
-- the first, nor lost behind it.

local a10 = vendor "a10"

a10:topics  "cgnat.syslog.a10_thunder"
a10:actions { C = "created", B = "created", D = "deleted", F = "deleted", U = "updated",
              Allocated = "created", Freed = "deleted", InterimUpdate = "updated" }

-- NAT-UDP-D: inside <--> public to destination. The destination is only the first packet's.
a10:port_mapping "NAT-{protocol}-{action}: {src_ip}:{src_port}<-->{x_ip}:{x_port}"
a10:port_mapping "NAT-{protocol}-{action}: {src_ip}:{src_port}[ ]->[ ]{x_ip}:[ ]{x_port}"

-- Fixed NAT tells its blocks once, when they are set up.
a10:port_block_mapping("FIXED-NAT-PORTS[:] {src_ip}[ ]->[ ]{x_ip}:{start_port}-{end_port}", { action = "created" })

-- Custom messages: NAT:<time> <hex> <name>: [inside public first last]. The time has no zone, so it is skipped.
a10:port_block_mapping "PortBatchV2{action}: [[{src_ip} {x_ip} {start_port} {end_port}]]"

-- Behind the record: the end of the line, or a blank and words that are no record.
local function ends(c)
	return (c:skip(" ") and not c:find("NAT-")) or not c:rest()
end

-- inside<->destination,public<-->destination. Which end of the second pair is the public one differs; it is the one
-- that is not the destination, and nobody can tell when both or none are.
local function session(c, event)
	if not (c:endpoint("dst_ip", "dst_port") and c:skip(",")) then
		return false
	end
	c:skip(" ")
	if not c:endpoint("x_ip", "x_port") then
		return false
	end
	local ip, port = event.x_ip, event.x_port
	local first = ip == event.dst_ip and port == event.dst_port
	if not (c:skip("<-->") and c:endpoint("x_ip", "x_port")) then
		return false
	end
	local last = event.x_ip == event.dst_ip and event.x_port == event.dst_port
	if last then
		event.x_ip, event.x_port = ip, port
	end
	event.type = "session_mapping"
	return first ~= last and ends(c)
end

local function port(c, event)
	if not c:skip("<-->") then
		c:skip(" ")
		if not c:skip("->") then
			return false
		end
		c:skip(" ")
	end
	event.type = "port_mapping"
	if c:endpoint("x_ip", "x_port") then
		return ends(c)
	end
	return c:read("x_ip") and c:skip(": ") and c:read("x_port") and ends(c)
end

a10:handler(function(message, event, emit)
	local c = message:cursor()
	if not (c:find("NAT-") and c:read("protocol") and c:skip("-") and c:read("action") and c:skip(":")) then
		return
	end
	c:skip(" ")
	if not c:endpoint("src_ip", "src_port") then
		return
	end
	local fits
	if c:skip("<->") then
		fits = session(c, event)
	else
		fits = port(c, event)
	end
	if fits then
		emit(event)
	end
end)

-- A custom message has its own words in front.
a10:handler(function(message, event, emit)
	local c = message:cursor()
	if c:find("PortBatchV2") and c:read("action") and c:skip(": [") and c:read("src_ip") and c:skip(" ")
			and c:read("x_ip") and c:skip(" ") and c:read("start_port") and c:skip(" ")
			and c:read("end_port") and c:skip("]") and not c:rest() then
		event.type = "port_block_mapping"
		emit(event)
	end
end)

return a10
