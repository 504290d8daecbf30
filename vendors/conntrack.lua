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

local FRONT = "([[{timestamp}]] |)[[{action}]] [ipv{*} {word} ]{word} {protocol} [{word} ][{word} ]src={src_ip} dst={dst_ip}"
local BETWEEN = "[ packets={word} bytes={word}][ [[UNREPLIED]]()] src={word} dst={x_ip}"

-- With ports; ICMP with its type; others with neither, or GRE's keys.
conntrack:session_mapping(FRONT .. " sport={src_port} dport={dst_port}" .. BETWEEN .. " sport={word} dport={x_port}[ {*}]")
conntrack:session_mapping(FRONT .. " type={word} code={word} id={word}" .. BETWEEN .. " type={word} code={word} id={word}[ {*}]")
conntrack:session_mapping(FRONT .. "[ srckey={word} dstkey={word}]" .. BETWEEN .. "[ {*}]")

return conntrack
