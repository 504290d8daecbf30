-- SPDX-License-Identifier: Apache-2.0
--
-- Linux, `conntrack -E` (with -o timestamp, extended or id too). The tuple behind the first is that of the answer; its
-- destination is the public address. If that is the source itself, nothing was translated. Source: lines in public
-- and libnetfilter_conntrack's order of the parts.
--
-- Up to the answer each part is named: what is skipped unseen could be a port that is none.

local conntrack = vendor "conntrack"

conntrack:topics  "cgnat.syslog.conntrack"
conntrack:actions { NEW = "created", UPDATE = "updated", DESTROY = "deleted" }
conntrack:ignore_untranslated()

local FRONT = "([[{timestamp}]] |)[[{action}]] (ipv4 {word} |ipv6 {word} |){word} {protocol} [{word} ][{word} ]src={src_ip} dst={dst_ip}"
local ANSWER = "[ [[UNREPLIED]]()] src={word} dst={x_ip}"
local COUNTERS = " packets={word} bytes={word}"

-- With counters behind both tuples, or behind none.
local function both(question, answer)
	conntrack:session_mapping(FRONT .. question .. COUNTERS .. ANSWER .. answer .. COUNTERS .. "[ {*}]")
	conntrack:session_mapping(FRONT .. question .. ANSWER .. answer .. "[ {*}]")
end

-- With ports; ICMP with its type; GRE with its keys; others with nothing.
both(" sport={src_port} dport={dst_port}", " sport={word} dport={x_port}")
both(" type={word} code={word} id={word}", " type={word} code={word} id={word}")
both(" srckey={word} dstkey={word}", " srckey={word} dstkey={word}")
both("", "")

return conntrack
