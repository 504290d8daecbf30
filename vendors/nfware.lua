-- SPDX-License-Identifier: Apache-2.0
--
-- NFWare vCGNAT, syslog. INT is the inside address, EXT the public one, DST the destination.
--
-- A (added) and D (deleted) are in the vendor's documentation. It mentions interim logs for port blocks too, but not
-- their letter: I and U are our reading, and hold for port blocks only.

local nfware = vendor "nfware"

nfware:topics  "cgnat.syslog.nfware"
nfware:actions { A = "created", D = "deleted" }

nfware:session_mapping    "{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port} DST {dst_ip}:{dst_port}[ {*}]"
nfware:port_mapping       "{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port}"
nfware:port_block_mapping "{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}"
nfware:port_block_mapping("(I|U) VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}", { action = "updated" })
nfware:address_mapping    "{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}"

-- Sent without a syslog header, a word may stay in front.
nfware:session_mapping    "{*} {action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port} DST {dst_ip}:{dst_port}[ {*}]"
nfware:port_mapping       "{*} {action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port}"
nfware:port_block_mapping "{*} {action} VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}"
nfware:address_mapping    "{*} {action} VRF {vrf_id} INT {src_ip} EXT {x_ip}"

return nfware
