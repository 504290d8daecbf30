-- SPDX-License-Identifier: Apache-2.0
--
-- Cisco IOS-XE (ASR 1000, CSR), syslog of the forwarding processor. Source: a line in rsyslog's tests. The order of the
-- four ends is taken as that of IOS: inside local, inside global, outside local, outside global; one public parser has
-- it otherwise, so check it against a device. The destination is the outside local address.
--
-- The number at the end is read as the VRF; control bytes follow it, which relays print as dots or #000. Only a regex
-- can end a text where the digits end.

local iosxe = vendor "cisco-iosxe"

iosxe:topics  "cgnat.syslog.cisco-iosxe"
iosxe:actions { Created = "created", Deleted = "deleted" }

iosxe:regex("session_mapping", [[(?s)^(?:(?:\S.*\s)?%NAT-6-LOG_TRANSLATION:\s+)?(?P<action>Created|Deleted)\s+Translation\s+(?P<protocol>\w+)\s+]]
	.. [[\[?(?P<src_ip>[0-9A-Fa-f.:]+)\]?:(?P<src_port>\d+)\s+\[?(?P<x_ip>[0-9A-Fa-f.:]+)\]?:(?P<x_port>\d+)\s+]]
	.. [=[\[?(?P<dst_ip>[0-9A-Fa-f.:]+)\]?:(?P<dst_port>\d+)\s+\[?[0-9A-Fa-f.:]+\]?:\d+(?:\s+(?P<vrf_id>\d+)(?:[.#[:cntrl:]].*)?)?$]=])

iosxe:ignore { "[{*} ]%NAT-6-ADDR_ALLOC_FAILURE: {*}", "Address allocation failed; {*}" }

return iosxe
