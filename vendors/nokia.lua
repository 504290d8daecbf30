-- SPDX-License-Identifier: Apache-2.0
--
-- Nokia 7750 SR: RADIUS accounting per port block (RADIUS attributes guide), and the events 2012 and 2013 of syslog.
--
-- RADIUS: Alc-Nat-Port-Range has the public address in front of the ports, or it stands in Alc-Nat-Outside-Ip-Addr.
-- The VRF is the inside one, Alc-Serv-Id. DS-Lite and NAT64 subscribers are inside by their IPv6 address.
-- Syslog: the meaning of the words is that of the variables in the MIB (TIMETRA-NAT-MIB). The vendor's guide names Map
-- and Free, but a line of either from a device was not to be had. The time has no zone, hence the envelope's holds.

local nokia = vendor "nokia"

nokia:topics  { "cgnat.accounting.nokia", "cgnat.accounting.generic", "cgnat.syslog.nokia" }
nokia:actions { Start = "created", ["Interim-Update"] = "updated", Stop = "deleted",
                ["1"] = "created", ["3"] = "updated", ["2"] = "deleted" }

local RADIUS = { ["Acct-Status-Type"] = "{action}", ["NAS-IP-Address|NAS-IPv6-Address"] = "[{host}]",
	["Event-Timestamp"] = "[{timestamp}]", ["User-Name"] = "[{subscriber}]", ["Alc-Serv-Id"] = "[{vrf_id}]" }
local WHOLE = { RADIUS, ["Alc-Nat-Port-Range"] = "{x_ip} {start_port}-{end_port}[ router {*}]" }
local APART = { RADIUS, ["Alc-Nat-Port-Range"] = "{start_port}-{end_port}[ router {*}]", ["Alc-Nat-Outside-Ip-Addr"] = "{x_ip}" }
local V6 = { ["Alc-Subsc-ID-Str"] = "(DS-Lite|NAT64)@{*}", ["Framed-IPv6-Prefix"] = "{src_ip}[/128]" }
local ANY = { ["Alc-Subsc-ID-Str"] = "!(DS-Lite|NAT64)@{*}", ["Framed-IP-Address|Framed-IPv6-Prefix"] = "{src_ip}[/128]" }

nokia:json("port_block_mapping", { WHOLE, V6 })
nokia:json("port_block_mapping", { WHOLE, ANY })
nokia:json("port_block_mapping", { APART, V6 })
nokia:json("port_block_mapping", { APART, ANY })
nokia:json("ignore", { ["Acct-Status-Type"] = "(Accounting-On|Accounting-Off|7|8)" })

-- [TMNX: number router application [subject]: ]{sequence} Map public [first-last] MDA 5/1 -- subscriber type %policy router inside
local FRONT = "(|{word} {word} {word} {word} |{word} {word} {word} {word} {word} ){{{*}}} "
local BLOCK = " {x_ip} [[{start_port}-{end_port}]] MDA {word} -- {word} {word} %{word} {vrf_id} {src_ip} at {word} {word}[ {*}]"
nokia:port_block_mapping(FRONT .. "Map" .. BLOCK, { action = "created" })
nokia:port_block_mapping(FRONT .. "Free" .. BLOCK, { action = "deleted" })

return nokia
