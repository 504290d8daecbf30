-- SPDX-License-Identifier: Apache-2.0
--
-- Huawei NE8000, NAT444 and NAT64 session log (vendor's manual, "Session Log in Syslog Mode"), and RADIUS accounting
-- with the NAT attributes (FreeRADIUS, dictionary.huawei). A assigns, W withdraws:
-- [protocol inside-IPv4 inside-IPv6 public inside-port public-port -]. The user log's form was not to be had. Firewalls
-- (USG) tell a translated session in SECLOG by SourceNatIP and SourceNatPort, as lines in public show; others are ignored.

local huawei = vendor "huawei"

huawei:topics  { "cgnat.syslog.huawei", "cgnat.accounting.huawei", "cgnat.accounting.generic" }
huawei:actions { BUILT = "created", TEARDOWN = "deleted", Start = "created", ["Interim-Update"] = "updated", Stop = "deleted",
                 ["1"] = "created", ["3"] = "updated", ["2"] = "deleted" }

-- Name of the application, dashes and, with the month in full, the time stay in front.
local FRONT = "(1 |)[{word} {word} {word} {word} {host} ][{word} ][{word} ]"
local V4 = " [[{protocol} {src_ip} - {x_ip} {src_port} {x_port} -]]"
local V6 = " [[{protocol} - {src_ip} {x_ip} {src_port} {x_port} -]]"
huawei:port_mapping({ FRONT .. "NAT444:SessionbasedA" .. V4, FRONT .. "(NAT64|DSLITE):SessionbasedA" .. V6 }, { action = "created" })
huawei:port_mapping({ FRONT .. "NAT444:SessionbasedW" .. V4, FRONT .. "(NAT64|DSLITE):SessionbasedW" .. V6 }, { action = "deleted" })

huawei:json("port_block_mapping", { ["Acct-Status-Type"] = "{action}", ["NAS-IP-Address|NAS-IPv6-Address"] = "[{host}]",
	["Event-Timestamp"] = "[{timestamp}]", ["User-Name"] = "[{subscriber}]", ["Framed-IP-Address"] = "{src_ip}",
	["Huawei-NAT-Public-Address"] = "{x_ip}", ["Huawei-NAT-Start-Port"] = "{start_port}", ["Huawei-NAT-End-Port"] = "{end_port}" })
huawei:json("ignore", { ["Acct-Status-Type"] = "(Accounting-On|Accounting-Off|7|8)" })

-- The number of the VPN behind all that counts tells that the line is whole.
local SECLOG = { ["@front|@program"] = "[{word} {word} {host_name} ][%%01]SECLOG/{*}/SESSION_{action}(({*}))[:]", DestinationVpnID = "{word}" }
huawei:key_value("session_mapping", { SECLOG, Protocol = "{protocol}", SourceIP = "{src_ip}", SourcePort = "{src_port}",
	DestinationIP = "{dst_ip}", DestinationPort = "{dst_port}", SourceNatIP = "{x_ip}", SourceNatPort = "{x_port}",
	SourceVpnID = "(0|{vrf_id})", ["EndTime|BeginTime"] = "{timestamp}" })
huawei:key_value("ignore", { SECLOG, SourceNatIP = "" })
huawei:ignore "[%%01]NAT/{*}/CGN_USER_PORT_{*}"

return huawei
