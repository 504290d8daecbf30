-- SPDX-License-Identifier: Apache-2.0
--
-- A10 Thunder CGN: CEF, ASCII, and the port batches of its custom messages. The vendor's guide was not to be had; the
-- forms are from lines seen in public. C, D and U are created, deleted and updated; B as created and F as deleted are
-- our reading. Any other letter is a dead letter, not a guess. One datagram may hold several messages, a line each.

local a10 = vendor "a10"

a10:topics  { "cgnat.syslog.a10_thunder", "cgnat.syslog.a10_thunder_cef", "cgnat.syslog.a10" }
a10:actions { C = "created", B = "created", D = "deleted", F = "deleted", U = "updated",
              Allocated = "created", Freed = "deleted", InterimUpdate = "updated",
              ["100"] = "created", ["102"] = "created", ["106"] = "created", -- classes of CEF
              ["101"] = "deleted", ["103"] = "deleted", ["107"] = "deleted" }
a10:records "\n"

-- CEF. The device is named `name/partition`, in front or by the collector; the partition is taken as the VRF. dst of a
-- port is only its first packet's. What else the device logs in CEF is no NAT event.
a10:cef("ignore", { vendor = "A10", class = "!CGN 10(0|1|2|3|6|7)" })

local nat = { class = "CGN {action}", src = "{src_ip}", sourceTranslatedAddress = "{x_ip}",
              ["@front|@host_name"] = "[{host_name}/{vrf_id}|{*}]" }
local ports = { nat, proto = "[{protocol}]", spt = "[{src_port}]", sourceTranslatedPort = "{x_port}" }

a10:cef("port_block_mapping", { nat, name = "{*} Batch {*}", sourceTranslatedPort = "{start_port}", cn3 = "{end_port}" })
a10:cef("session_mapping",    { ports, name = "{word} Session {word}", dst = "{dst_ip}", dpt = "[{dst_port}]" })
a10:cef("port_mapping",       { ports, name = "{word} Port {word}" })

-- ASCII. Ports: inside <--> public to destination, which is only the first packet's; some write a plain arrow.
a10:port_mapping "[{word} ]NAT-{protocol}-{action}:[ ]{src_ip}:{src_port}[ ](<-->|->)[ ]{x_ip}:[ ]{x_port}[ to {word}][ {*}={*}]"

-- Fixed NAT tells its blocks once, when they are set up.
a10:port_block_mapping("[{word} ]FIXED-NAT-PORTS[:] {src_ip}[ ]->[ ]{x_ip}:{start_port}-{end_port}", { action = "created" })

-- Custom messages: NAT:<time> <hex> <name>: [inside public first last]. The time has no zone, so it is skipped.
a10:port_block_mapping "[{word} ][{word} ]PortBatchV2{action}: [[{src_ip} {x_ip} {start_port} {end_port}]]"

-- Sessions: inside<->destination,public<-->destination. Which end of the second pair is the public one differs, so that
-- this takes code: it is the one that is not the destination, and nobody can tell when both or none are.
a10:handler(function(message, event, emit)
	local c = message:cursor()
	if not (c:find("NAT-") and c:read("protocol") and c:skip("-") and c:read("action") and c:skip(":")) then
		return
	end
	local _ = c:skip(" ")
	if not (c:endpoint("src_ip", "src_port") and c:skip("<->") and c:endpoint("dst_ip", "dst_port") and c:skip(",")) then
		return
	end
	_ = c:skip(" ")
	local first = c:endpoint("x_ip", "x_port") and c:skip("<-->")
	local ip, port = event.x_ip, event.x_port
	if not (first and c:endpoint("x_ip", "x_port")) then
		return
	end
	local public_first = event.x_ip == event.dst_ip and event.x_port == event.dst_port
	local public_last = not (ip == event.dst_ip and port == event.dst_port)
	if public_first ~= public_last then
		return
	end
	if public_first then
		event.x_ip, event.x_port = ip, port
	end
	local more = c:skip(" ")
	if (more and c:find("NAT-")) or (not more and c:rest()) then -- one record a line, else none of it
		return
	end
	event.type = "session_mapping"
	emit(event)
end)

return a10
