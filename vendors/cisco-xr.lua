-- SPDX-License-Identifier: Apache-2.0
--
-- Cisco IOS XR CGv6 (CRS, ASR 9000), syslog of NAT44 and DS-Lite. Source: Carrier Grade NAT Configuration Guide for the
-- CRS, release 5.2.x: [Event L4 inside-IPv4 inside-VRF inside-IPv6 public port first last destination port], `-` for
-- none. Records of user-based events were seen to end after the last port, so what is empty at the end may be missing.
-- In DS-Lite the inside is the IPv6 address of the tunnel: the IPv4 address behind it is the customer's own affair.
--
-- A packet holds several records in brackets. So the opening bracket separates records, and each must close its own; what
-- stands in front of the first one is no event.

local xr = vendor "cisco-xr"

xr:topics  "cgnat.syslog.cisco-xr"
xr:records "["
xr:actions { UserbasedA = "created", UserbasedW = "deleted", SessionbasedA = "created", SessionbasedW = "deleted",
             SessionbasedAD = "created", SessionbasedWD = "deleted" }

xr:port_block_mapping "{action} {word} ({word} (-|{vrf_id}) {src_ip}|{src_ip} (-|{vrf_id}) -) {x_ip} - {start_port} {end_port}[ -| - -]()]]"
xr:port_mapping       "{action} {protocol} ({word} (-|{vrf_id}) {src_ip}|{src_ip} (-|{vrf_id}) -) {x_ip} {src_port} {x_port}[ -| - -| - - -]()]]"
xr:session_mapping    "{action} {protocol} ({word} (-|{vrf_id}) {src_ip}|{src_ip} (-|{vrf_id}) -) {x_ip} {src_port} {x_port} - {dst_ip} {dst_port}]]"

xr:ignore { "Portblockrunout {*}]]", "[{*} ](NAT44|NAT64|DSLITE|DS-LITE|DS-Lite) -" }

return xr
