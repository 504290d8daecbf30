-- SPDX-License-Identifier: Apache-2.0
--
-- MikroTik RouterOS, firewall log. It writes packets, not events: the state new, or none, is taken as created, any
-- other as updated, and there is no deleted. Source: lines in public parsers; RouterOS documents no CGNAT log.
--
-- NAT (inside->public)->destination on the way out, NAT destination->(public->inside) on the way back. With
-- connection-state ...,dnat it was the outside that began (a port forward); who held the public address is the same.

local mikrotik = vendor "mikrotik"

mikrotik:topics "cgnat.syslog.mikrotik"

local NAT = " proto {protocol}[ (({*}))], {word} NAT ({dst_ip}->(({x_ip}->{src_ip}))|(({src_ip}->{x_ip}))->{dst_ip}"
	.. "|{dst_ip}:{dst_port}->(({x_ip}:{x_port}->{src_ip}:{src_port}))"
	.. "|(({src_ip}:{src_port}->{x_ip}:{x_port}))->{dst_ip}:{dst_port}), [{*} ]len {*}"

mikrotik:session_mapping("{*} connection-state:new{*}" .. NAT, { action = "created" })
mikrotik:session_mapping("{*} connection-state:{*}" .. NAT, { action = "updated" })
mikrotik:session_mapping("{*}" .. NAT, { action = "created" })

-- Packets that were not translated.
mikrotik:ignore "{*} proto {protocol}[ (({*}))], {word} len {*}"

return mikrotik
