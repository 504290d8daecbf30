-- SPDX-License-Identifier: Apache-2.0
--
-- DPtech firewalls, NAT444 syslog. A assigns, W withdraws. Sources: lines in public parsers (DptechConvert and others),
-- as the vendor's document was not to be had; the order of the fields is their reading.
--
-- The numbers at the end in brackets are first and last public port. A session has one, so they must be equal: only a
-- pattern can ask that. A range in such a line is a dead letter, as nobody knows what it would mean. So is
-- NAT64:Session, whose addresses stand in an order that no source explains.

local dptech = vendor "dptech"

dptech:topics  "cgnat.syslog.dptech"
dptech:actions { A = "created", W = "deleted" }

-- Version, number of the log group and the like stay in front when the header is taken off.
local FRONT = "[{word} ][{word} ][{word} ]"

-- start|end|inside|public|port|destination|port|protocol: the time is that of the event.
local SESSION = "||{src_ip}||{x_ip}||{x_port}||{dst_ip}||{dst_port}||{protocol}[.]"
dptech:session_mapping(FRONT .. "NAT444:Session[based]A {timestamp}||{*}" .. SESSION, { action = "created" })
dptech:session_mapping(FRONT .. "NAT444:Session[based]W {*}||{timestamp}" .. SESSION, { action = "deleted" })

-- time|inside|port|public|port|destination|port
dptech:session_mapping(FRONT .. "NAT444:Session[based]{action} {timestamp}||{src_ip}||{src_port}||{x_ip}||{x_port}||{dst_ip}||{dst_port}[.]")

-- [protocol inside-IPv4 inside-IPv6 public inside-port first last]; what is not there is a dash, short or long.
dptech:regex("port_mapping", [[^(?:\S+ +){0,3}(?:NAT444|DSLITE):Session(?:based)?(?P<action>[AW]) +\[(?P<protocol>\d+) +]]
	.. [[(?|(?P<src_ip>[\d.]+) +(?:-|–)|(?:-|–) +(?P<src_ip>[\da-fA-F.]*:[\da-fA-F:.]+)) +(?P<x_ip>[\d.]+) +]]
	.. [[(?:(?P<src_port>\d+)|-|–) +(?P<x_port>\d+) +(?:(?P=x_port)|-|–)\]\.?$]])

dptech:ignore(FRONT .. "POLICY:[ ](Allow|Deny) {*}")

return dptech
