-- SPDX-License-Identifier: Apache-2.0
--
-- Cisco IOS, `ip nat log translations syslog`. The order is inside local, inside global, outside local, outside global
-- (blog.ipspace.net, 2008/12, NAT translation logging). The destination is the outside local address: what the client
-- dialled. The newer mnemonics CREATED and DELETED are known from the patterns of other parsers only.

local ios = vendor "cisco-ios"

ios:topics  "cgnat.syslog.cisco-ios"
ios:actions { Created = "created", Deleted = "deleted", CREATED = "created", DELETED = "deleted" }

ios:session_mapping {
	"[{*} ]%IPNAT-6-NAT_(CREATED|DELETED): {action} {protocol} {src_ip}:{src_port} {x_ip}:{x_port} {dst_ip}:{dst_port} {word}",
	"[{*} ]%IPNAT-6-{action}: [Created |Deleted ]{protocol} {src_ip}:{src_port} {x_ip}:{x_port} {dst_ip}:{dst_port} {word}",
	"{action} {protocol} {src_ip}:{src_port} {x_ip}:{x_port} {dst_ip}:{dst_port} {word}",
}

return ios
