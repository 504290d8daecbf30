-- SPDX-License-Identifier: Apache-2.0
--
-- Jool NAT64, the kernel's log (docs/en/usr-flags-global.md, bib-logging and session-logging; the lines that end are
-- in its bib.c). Times are GMT, without leading zeros. The destination is the IPv4 one, behind the translator.

local jool = vendor "jool"

jool:topics  "cgnat.syslog.jool"
jool:actions { Mapped = "created", Added = "created", Forgot = "deleted" }

-- The kernel's clock, `Jool:` in some releases, the name of the instance in all but the first.
local FRONT = "([[{*}]] |)[{word} ][{word} ][{word} ]{timestamp} - "

jool:port_mapping(FRONT .. "{action} {src_ip}#{src_port} to {x_ip}#{x_port} (({protocol}))")
jool:session_mapping(FRONT .. "{action} session {src_ip}#{src_port}||{*}||{x_ip}#{x_port}||{dst_ip}#{dst_port}||{protocol}")

return jool
