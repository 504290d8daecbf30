-- SPDX-License-Identifier: Apache-2.0
--
-- DANOS and Vyatta vCGNAT, as the dataplane writes it (vyatta-dataplane, npf/cgnat/cgn_log_rte.c). Times are in
-- microseconds; the last one in the line is that of the event.

local danos = vendor "danos"

danos:topics  "cgnat.syslog.danos"
danos:actions { PB_ALLOCATED = "created", PB_RELEASED = "deleted",
                SESSION_CREATE = "created", SESSION_ACTIVE = "updated", SESSION_DELETE = "deleted" }

danos:key_value("port_block_mapping", { "[CGNAT: ]{action}", ["subs-addr"] = "{src_ip}", ["pub-addr"] = "{x_ip}",
	port = "{start_port}-{end_port}", ["end-time|start-time"] = "{timestamp}" })
danos:key_value("session_mapping", { "[CGNAT: ]{action}", proto = "{protocol}", addr = "{src_ip}->{dst_ip}",
	port = "{src_port}->{dst_port}", ["cgn-addr"] = "{x_ip}", ["cgn-port"] = "{x_port}",
	["end-time|cur-time|start-time"] = "{timestamp}" })

-- Subscribers, and tables and pools that fill. SESSION_CLEAR tells how many sessions a command ended, but not which.
danos:ignore "[CGNAT: ](SUBSCRIBER|SESSION_TABLE|APM_TABLE|DEST_SESSIONS|MBPU|NP)_{*}"
danos:ignore "[CGNAT: ](SESSION_CLEAR|PB_FULL|PB_AVAILABLE|PB_THRESHOLD) {*}"

return danos
