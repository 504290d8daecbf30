-- SPDX-License-Identifier: Apache-2.0
--
-- NetFlow v9 and IPFIX NAT events (RFC 8158), as pmacct's nfacctd writes them with docker/collectors. natEvent tells the
-- event; 1 and 2 are the older create and delete (with a range of ports, too: Juniper's documentation). A session
-- without a destination is a port mapping. With NAT64 the destination is the IPv4 one. Times are UTC, as our
-- nfacctd.conf sets it. What is empty, 0 or :: was not told.

local netflow = vendor "netflow"

netflow:topics    "cgnat.netflow.all"
netflow:zone      "UTC"
netflow:protocols { ipencap = 4, mux = 18, mobile = 55, ipcomp = 108 }

local NONE = "(0.0.0.0|::|0|)"
local RECORD = { ip_src = "{src_ip}", ["post_nat_ip_src|post_nat_ip6_src"] = "{x_ip}", peer_ip_src = "[{host}]",
	ingress_vrf = "(0|{vrf_id}|)", timestamp_start = "(0{*}|{timestamp}|)" }
local PORTS = { RECORD, ip_proto = "(0|{protocol}|)", port_src = "[{src_port}]", post_nat_port_src = "[{x_port}]", nat_port_start = NONE }
local SESSION = { PORTS, port_dst = "[{dst_port}]" }

local function both(created, deleted, kind, ...)
	netflow:json(kind, { nat_event = created, ... }, { action = "created" })
	netflow:json(kind, { nat_event = deleted, ... }, { action = "deleted" })
end

-- Plain flows; addresses and ports that run out, quotas and thresholds; marks around pmacct's output.
netflow:json("ignore", { nat_event = "(0|3|12|13|18)" })
netflow:json("ignore", { event_type = "(purge_init|purge_close)" })

both("(1|4|6)", "(2|5|7)", "port_mapping", { PORTS, ip_dst = NONE })
both("6", "7", "session_mapping", { SESSION, ip_dst = "{dst_ip}", post_nat_ip_dst = NONE })
both("6", "7", "session_mapping", { SESSION, post_nat_ip_dst = "{dst_ip}" })
both("(1|4)", "(2|5)", "session_mapping", { SESSION, ip_dst = "{dst_ip}" })
both("(8|10)", "(9|11)", "port_mapping", PORTS)
both("14", "15", "address_mapping", RECORD)

-- Port blocks whose range nfacctd was not asked for say nothing.
netflow:json("ignore", { nat_event = "(16|17)", nat_port_start = NONE, nat_port_end = NONE, nat_port_count = NONE })

-- Without the end the number of ports gives it: no template can compute. With gaps (a step above 1) it is no range.
local ACTIONS = { ["1"] = "created", ["2"] = "deleted", ["16"] = "created", ["17"] = "deleted" }
local function told(message, key)
	local value = message:get(key)
	return value and value ~= "" and value:sub(1, 1) ~= "0" and value or nil
end
netflow:handler(function(message, event, emit)
	local action, first = ACTIONS[message:get("nat_event")], told(message, "nat_port_start")
	if not action or not first or told(message, "nat_port_end") then return end
	local count, step = told(message, "nat_port_count"), told(message, "nat_port_step") or "1"
	if not count or step ~= "1" then error("the port block has neither an end nor a number of ports without gaps") end
	event.type, event.action = "port_block_mapping", action
	event.src_ip, event.x_ip = message:get("ip_src"), message:get("post_nat_ip_src")
	event.start_port, event.end_port = first, first + count - 1
	event.host, event.vrf_id = told(message, "peer_ip_src"), told(message, "ingress_vrf")
	event.timestamp = told(message, "timestamp_start")
	emit(event)
end)
both("(1|16)", "(2|17)", "port_block_mapping", { RECORD, nat_port_start = "{start_port}", nat_port_end = "{end_port}", nat_port_step = "(0|1|)" })

return netflow
