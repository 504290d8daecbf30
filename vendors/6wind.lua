-- SPDX-License-Identifier: Apache-2.0
--
-- Syslog of 6WIND VSR and Turbo Router, written by the daemon fp-cgnat (VSR 3: fp-cgnat-logd@VRF).
--
-- Source: doc.6wind.com, Turbo Router 3.x and VSR 3, CG-NAT events. It does not name the addresses of a connection. Our
-- reading: fwd is inside -> destination and back is destination -> public, as in other session tables; the public ports
-- it shows (10752 = 1024 + 19 x 512) are where a block begins. A user of NAT64 has a synthetic IPv6 destination in fwd,
-- so there the destination is that of back.
-- A block is printed once for each protocol, which a block event cannot say: three equal events.

local sixwind = vendor "6wind"

sixwind:topics  "cgnat.syslog.sixwind"
sixwind:actions { NEW = "created", DESTROY = "deleted" }

sixwind:session_mapping "[fp-cgnat{word} ]{action} CONN: fwd proto {protocol} {src_ip:v6}:{src_port} -> {word} back proto {word} {dst_ip:v4}:{dst_port} -[-]> {x_ip}:{x_port}[ at {*}]"
sixwind:session_mapping "[fp-cgnat{word} ]{action} CONN: fwd proto {protocol} {src_ip}:{src_port} -> {dst_ip}:{dst_port}, back proto {word} {word} -[-]> {x_ip}:{x_port}[ at {*}]"
sixwind:port_block_mapping "[fp-cgnat{word} ]USER {src_ip} (({*})): {action} BLOCK (([pool {*}, ]ip public {x_ip}, proto {*}, port {start_port}[ ]-[ ]{end_port}))[ at {*}]"

-- The guide of VSR 3 shows a block without its public address.
sixwind:ignore {
	"[fp-cgnat{word} ]USER {src_ip} (({*})): {action} BLOCK (([pool {*}, ]ip public, {*}))[ at {*}]",
	"[fp-cgnat{word} ]CGNAT Log listen on {*}",
	"[systemd{word} ](Started|Starting|Stopped|Stopping) Fast Path {*}",
}

return sixwind
