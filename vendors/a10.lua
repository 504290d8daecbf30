-- SPDX-License-Identifier: Apache-2.0
--
-- A10 Thunder CGN, syslog in the ASCII format, with the port batches of its custom messages. The vendor's guide was
-- not to be had; the forms are from lines seen in public. C, D and U are created, deleted and updated; B as created
-- and F as deleted are our reading. Any other letter is a dead letter, not a guess.

local a10 = vendor "a10"

a10:topics  "cgnat.syslog.a10_thunder"
a10:actions { C = "created", B = "created", D = "deleted", F = "deleted", U = "updated",
              Allocated = "created", Freed = "deleted", InterimUpdate = "updated" }

-- NAT-UDP-D: inside <--> public to destination. The destination is only the first packet's.
a10:port_mapping "{*}NAT-{protocol}-{action}: {src_ip}:{src_port}<-->{x_ip}:{x_port}[ to {*}]"
a10:port_mapping "{*}NAT-{protocol}-{action}: {src_ip}:{src_port}[ ]->[ ]{x_ip}:[ ]{x_port}[ {*}]"

-- Fixed NAT tells its blocks once, when they are set up.
a10:port_block_mapping("{*}FIXED-NAT-PORTS[:] {src_ip}[ ]->[ ]{x_ip}:{start_port}-{end_port}[ {*}]",
                       { action = "created" })

-- Custom messages: NAT:<time> <hex> <name>: [inside public first last]. The time has no zone, so it is skipped.
a10:port_block_mapping "{*}PortBatchV2{action}: [[{src_ip} {x_ip} {start_port} {end_port}]]{*}"

-- NAT-TCP-C: inside<->destination,public<-->destination. Which end of the second pair is the public one differs; it is
-- the one that is not the destination.
a10:handler(function(message, event, emit)
	local c = message:cursor()
	if not (c:find("NAT-") and c:read("protocol") and c:skip("-") and c:read("action") and c:skip(":")) then
		return
	end
	c:skip(" ")
	if not (c:endpoint("src_ip", "src_port") and c:skip("<->") and c:endpoint("dst_ip", "dst_port") and c:skip(",")) then
		return
	end
	c:skip(" ")
	local destination = event.dst_ip .. ":" .. event.dst_port
	local public_comes_last = c:skip(destination .. "<-->")
	if c:endpoint("x_ip", "x_port") and (public_comes_last or c:skip("<-->" .. destination)) then
		event.type = "session_mapping"
		emit(event)
	end
end)

return a10
