-- SPDX-License-Identifier: Apache-2.0
--
-- Juniper: SRX and MX with SPC3 (RT_FLOW, RT_NAT; structured and plain), MX with MS-MPC (JSERVICES_*, MSVCS_*), MX with
-- MS-DPC (ASP_*). Sources: Juniper's CGN guide for SRX and its pages on services logs of MX; lines seen in public.
--
-- The destination is the one before NAT, for NAT64 the IPv4 address behind it. APPTRACK repeats RT_FLOW. The hexadecimal time
-- of RT_NAT is taken (of INTERIM it is the allocation's), that of the blocks of JSERVICES and ASP not: nobody says which it is.

local juniper = vendor "juniper"

juniper:topics { "cgnat.syslog.juniper", "cgnat.syslog.juniper_junos" }
juniper:actions { CREATE = "created", CLOSE = "deleted", created = "created", closed = "deleted", ALLOC = "created",
                  INTERIM = "updated", RELEASE = "deleted", ACTIVE = "updated", OPEN = "created",
                  CREATE_ACCEPT = "created", DELETE = "deleted" }
juniper:ignore_untranslated()

-- The element [junos@...] has all keys; MSGID stands before it.
local flow = "[{*} ]RT_FLOW_SESSION_{action}[_LS|_USF]"
juniper:structured_data("session_mapping", { flow, ["protocol-id"] = "{protocol}", -- NAT64: the destination is IPv6
	["source-address"] = "{src_ip}", ["source-port"] = "{src_port}", ["nat-source-address"] = "{x_ip}", ["nat-source-port"] = "{x_port}",
	["destination-address"] = "{*}:{*}", ["nat-destination-address"] = "{dst_ip}", ["nat-destination-port"] = "{dst_port}" })
juniper:structured_data("session_mapping", { flow, ["protocol-id"] = "{protocol}",
	["source-address"] = "{src_ip}", ["source-port"] = "{src_port}", ["nat-source-address"] = "{x_ip}", ["nat-source-port"] = "{x_port}",
	["destination-address"] = "{dst_ip}", ["destination-port"] = "{dst_port}" })
juniper:structured_data("port_block_mapping", { "[{*} ]RT_SRC_NAT_PBA_{action}[_LS|_USF]",
	["internal-ip"] = "{src_ip}", ["reflexive-ip"] = "{x_ip}", ["block-port-low"] = "{start_port}", ["block-port-high"] = "{end_port}",
	["epoch-time-64"] = "[{timestamp}]" })

-- Plain: the two ends before NAT, the two behind it, each with a tag in newer releases; then the names of the rules, in
-- newer releases each behind its type (`source rule` or N/A), and the protocol. Only a regex tells the IPv6 ends of NAT64,
-- and that a name is not the word `rule` of a type.
local front, public = "([{*} ]RT_FLOW_SESSION_{*}: |)[Lsys {*}: ]session ({action}|{action} {*}:) {src_ip}/{src_port}->{dst_ip}/{dst_port} ", "{word} {x_ip}/{x_port}->{word} "
juniper:regex("session_mapping", [[session\s+(?P<action>created|closed)(?:\s+[^:]*:)?\s+(?P<src_ip>[0-9A-Fa-f:]+)/(?P<src_port>\d+)->[^ .]+/\d+\s+(?:0x\S+\s+)?\S+\s+(?P<x_ip>[\d.]+)/(?P<x_port>\d+)->]]
	.. [[(?P<dst_ip>[\d.]+)/(?P<dst_port>\d+)\s+(?:0x\S+\s+)?(?:(?:\S+\s+rule|N/A)\s+\S+\s+(?:\S+\s+rule|N/A)\s+\S+|\S+\s+(?!rule\s)\S+)\s+(?P<protocol>\d+)\s+\S+\s+\S+\s+\S+]])
juniper:session_mapping(front .. "[0x{word} ]" .. public .. "[0x{word} ]({word} rule|N/A) {word} ({word} rule|N/A) {word} {protocol} {word} {word} {*}")
juniper:regex("session_mapping", [[session\s+(?P<action>created|closed)(?:\s+[^:]*:)?\s+(?P<src_ip>[0-9A-Fa-f:.]+)/(?P<src_port>\d+)->(?P<dst_ip>[0-9A-Fa-f:.]+)/(?P<dst_port>\d+)\s+]]
	.. [[\S+\s+(?P<x_ip>[0-9A-Fa-f:.]+)/(?P<x_port>\d+)->\S+\s+\S+\s+(?!rule\s)\S+\s+(?P<protocol>\d+)\s+\S+\s+\S+\s+\S+]])
juniper:port_block_mapping "[{*} ]RT_SRC_NAT_PBA_{action}[_LS|_USF]: Subscriber {src_ip} used/maximum {word} blocks, [allocates |releases ]port block [[{start_port}-{end_port}]] from {x_ip} in source pool {*}[ epoch {timestamp}]"

-- MS-MPC: inside [public] -> [destination behind NAT] destination (protocol). Without the first bracket there is no source
-- NAT. Only a regex tells the IPv6 ends of NAT64, or reads the number of a port that was kept into two fields.
juniper:regex("session_mapping", [[_SESSION_(?P<action>OPEN|CLOSE):\s+(?:.*\s+)?(?P<src_ip>[0-9A-Fa-f:]+):(?P<src_port>\d+)\s+\[(?P<x_ip>[\d.]+):(?P<x_port>\d+)\]\s+->\s+]]
	.. [[\[(?P<dst_ip>[\d.]+)\]\s+[0-9A-Fa-f:]+:(?P<dst_port>\d+)\s+\((?P<protocol>[\w-]+)(?:\s+[^()]*)?\)$]])
juniper:regex("session_mapping", [[_SESSION_(?P<action>OPEN|CLOSE):\s+(?:.*\s+)?(?P<src_ip>[\d.]+):(?P<src_port>(?P<x_port>\d+))\s+\[(?P<x_ip>[\d.]+)\]\s+->\s+]]
	.. [[(?:\[[^] ]*\]\s+)?(?P<dst_ip>[\d.]+):(?P<dst_port>\d+)\s+\((?P<protocol>[\w-]+)(?:\s+[^()]*)?\)$]])
juniper:session_mapping "{*}_SESSION_{action}: [{*} ]{src_ip}:{src_port} [[{x_ip}:{x_port}]] -> ([[{word} |){dst_ip}:{dst_port} (({protocol}[ {*}]))"

-- MS-DPC, and the port blocks of both.
juniper:port_block_mapping "{*}_NAT_PORT_BLOCK_{action}: {src_ip} -> {x_ip}:{start_port}-{end_port}[ 0x{word}]"
juniper:session_mapping "{*}ASP_SFW_{action}_FLOW: proto {protocol} {*}, (|((null))((null))|{word}:){src_ip}:{src_port} -> {dst_ip}:{dst_port}, {*}; source address and port translate to {x_ip}:{x_port}[ {*}]"
juniper:ignore {
	"{*}ASP_SFW_(CREATE_ACCEPT|DELETE)_FLOW: {*} forward or watch flow",
	"{*}_SESSION_{action}: [{*} ]{src_ip}:{src_port} -> {*}", "{*}_NAT_RULE_MATCH: {*}", "{*}ASP_NAT_POOL_RELEASE: natpool release {*}",
	"[{*} ](RT_FLOW_SESSION_DENY|APPTRACK_SESSION_|RT_SRC_NAT_SUBS_POOL_ALARM_|RT_SRC_NAT_POOL_ALARM_){*}", "[Lsys {*}: ]session denied {*}",
}

return juniper
