-- SPDX-License-Identifier: Apache-2.0
--
-- DANOS and Vyatta vCGNAT, as the dataplane writes it (vyatta-dataplane, npf/cgnat/cgn_log_rte.c). Times are in
-- microseconds; each event has its own.

local danos = vendor "danos"

danos:topics  "cgnat.syslog.danos"
danos:actions { PB_ALLOCATED = "created", PB_RELEASED = "deleted" }

local BLOCK = { ["subs-addr"] = "{src_ip}", ["pub-addr"] = "{x_ip}", port = "{start_port}-{end_port}" }
local SESSION = { proto = "{protocol}", addr = "{src_ip}->{dst_ip}", port = "{src_port}->{dst_port}",
	["cgn-addr"] = "{x_ip}", ["cgn-port"] = "{x_port}" }

-- Each with its own time, so that a line that was cut tells no earlier one.
danos:key_value("port_block_mapping", { "[CGNAT: ]{action}", BLOCK, ["end-time"] = "{timestamp}" })
danos:key_value("port_block_mapping", { "[CGNAT: ]PB_ALLOCATED", BLOCK, ["start-time"] = "{timestamp}" }, { action = "created" })
danos:key_value("session_mapping", { "[CGNAT: ]SESSION_DELETE", SESSION, ["end-time"] = "{timestamp}" }, { action = "deleted" })
danos:key_value("session_mapping", { "[CGNAT: ]SESSION_ACTIVE", SESSION, ["cur-time"] = "{timestamp}" }, { action = "updated" })
danos:key_value("session_mapping", { "[CGNAT: ]SESSION_CREATE", SESSION, ["start-time"] = "{timestamp}" }, { action = "created" })

-- Subscribers, and tables and pools that fill. SESSION_CLEAR tells how many sessions a command ended, but not which.
danos:ignore "[CGNAT: ](SUBSCRIBER|SESSION_TABLE|APM_TABLE|DEST_SESSIONS|MBPU|NP)_{*}"
danos:ignore "[CGNAT: ](SESSION_CLEAR|PB_FULL|PB_AVAILABLE|PB_THRESHOLD) {*}"

return danos
