-- SPDX-License-Identifier: Apache-2.0
--
-- NFWare vCGNAT, syslog and RADIUS accounting. INT is the inside address, EXT the public one, DST the destination.
--
-- A (added) and D (deleted) are in the vendor's documentation (docs.nfware.com, nat/logging). It mentions interim logs
-- for port blocks too, but not their letter: I and U are our reading. Sent without a syslog header, a word or two may
-- stay in front.

local nfware = vendor "nfware"

nfware:topics  { "cgnat.syslog.nfware", "cgnat.accounting.nfware", "cgnat.accounting.generic" }
nfware:actions {
	A = "created", D = "deleted",
	["Port-Allocated"] = "created", ["Session-Created"] = "created", ["Port-Block-Allocated"] = "created",
	["Port-Freed"] = "deleted", ["Session-Deleted"] = "deleted", ["Port-Block-Freed"] = "deleted",
	["1"] = "created", ["3"] = "created", ["5"] = "created", -- the same as numbers
	["2"] = "deleted", ["4"] = "deleted", ["6"] = "deleted",
}

nfware:session_mapping    "[{word} ][{word} ]{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port} DST {dst_ip}:{dst_port}[ DIR (OUT|IN)]"
nfware:port_mapping       "[{word} ][{word} ]{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port}"
nfware:port_block_mapping "[{word} ][{word} ]{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}"
nfware:port_block_mapping("[{word} ][{word} ](I|U) VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}", { action = "updated" })
nfware:address_mapping    "[{word} ][{word} ]{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}"

-- RADIUS: the vendor's dictionary (46576). What is mapped follows from the attributes, not from the action: the suite's
-- own templates send port blocks as Session-Created. FreeRADIUS writes names, or numbers where it has no dictionary.
nfware:json("ignore", { ["Acct-Status-Type"] = "(Accounting-On|Accounting-Off|7|8)" })

local accounting = {
	["NFWare-vCGNAT-Action"] = "{action}",
	["NFWare-vCGNAT-64-Inside-Addr|NFWare-vCGNAT-Inside-Addr"] = "{src_ip}", -- NAT64 first
	["NFWare-vCGNAT-NAT-Addr"] = "{x_ip}",
	["NFWare-vCGNAT-VRF"] = "[{vrf_id}]",
	["NAS-IP-Address|NAS-IPv6-Address"] = "[{host}]",
	["NAS-Identifier"] = "[{host_name}]",
	["Event-Timestamp"] = "[{timestamp}]",
	["User-Name"] = "[{subscriber}]",
}
local ports = {
	accounting,
	["NFWare-vCGNAT-Protocol"] = "[OTHER|0|{protocol}]",
	["NFWare-vCGNAT-Inside-Port"] = "[{src_port}]",
	["NFWare-vCGNAT-NAT-Port"] = "{x_port}",
}
nfware:json("session_mapping", { ports, ["NFWare-vCGNAT-Dest-Addr"] = "{dst_ip}", ["NFWare-vCGNAT-Dest-Port"] = "[{dst_port}]" })
nfware:json("port_block_mapping", { accounting, ["NFWare-vCGNAT-NAT-Port-Start"] = "{start_port}", ["NFWare-vCGNAT-NAT-Port-End"] = "{end_port}" })
nfware:json("port_mapping", { ports, ["NFWare-vCGNAT-Dest-Addr"] = "" })
nfware:json("address_mapping", { accounting, ["NFWare-vCGNAT-NAT-Port"] = "", ["NFWare-vCGNAT-NAT-Port-Start"] = "" })

return nfware
