-- SPDX-License-Identifier: Apache-2.0
--
-- The templates of vendors/nfware.lua as regex; for tests/unit/test_vendors_regex.c.

local nfware = vendor "nfware"

nfware:actions { A = "created", D = "deleted" }

local FRONT = [[^(?:\S+\s+)?(?:\S+\s+)?]]
local WHO = [[(?P<action>\w+)\s+VRF\s+(?P<vrf_id>\S+)\s+]]
local PORTS = WHO .. [[(?P<protocol>\w+)\s+INT\s+\[?(?P<src_ip>[\dA-Fa-f.:]+?)\]?:(?P<src_port>\d+)\s+]]
	.. [[EXT\s+\[?(?P<x_ip>[\dA-Fa-f.:]+?)\]?:(?P<x_port>\d+)]]
local INSIDE, OUTSIDE = [[INT\s+(?P<src_ip>[\dA-Fa-f.:]+)\s+]], [[EXT\s+\[?(?P<x_ip>[\dA-Fa-f.:]+?)\]?]]
local BLOCK = INSIDE .. OUTSIDE .. [[:(?P<start_port>\d+)-(?P<end_port>\d+)$]]

nfware:regex("session_mapping",
	FRONT .. PORTS .. [[\s+DST\s+\[?(?P<dst_ip>[\dA-Fa-f.:]+?)\]?:(?P<dst_port>\d+)(?:\s+DIR\s+(?:OUT|IN))?$]])
nfware:regex("port_mapping", FRONT .. PORTS .. "$")
nfware:regex("port_block_mapping", FRONT .. WHO .. BLOCK)
nfware:regex("port_block_mapping", FRONT .. [[[IU]\s+VRF\s+(?P<vrf_id>\S+)\s+]] .. BLOCK, { action = "updated" })
nfware:regex("address_mapping", FRONT .. WHO .. INSIDE .. [[EXT\s+(?P<x_ip>[\dA-Fa-f.:]+)$]])

return nfware
