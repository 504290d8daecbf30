-- SPDX-License-Identifier: Apache-2.0
--
-- Hillstone StoneOS, NAT444 syslog per session: [protocol inside - public inside-port public-port - destination port].
-- A assigns, W withdraws. Source: a line from production in a public parser; the vendor's document was not to be had.

local hillstone = vendor "hillstone"

hillstone:topics  "cgnat.syslog.hillstone"
hillstone:actions { A = "created", W = "deleted" }

hillstone:session_mapping "[{word} ][{word} ][{word} ]NAT444:(s|S)essionbased{action} [[{protocol} {src_ip} - {x_ip} {src_port} {x_port} - {dst_ip} {dst_port}]]"

return hillstone
