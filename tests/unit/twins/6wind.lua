-- SPDX-License-Identifier: Apache-2.0
--
-- The templates of vendors/6wind.lua as regex; for tests/unit/test_vendors_regex.c.

local sixwind = vendor "6wind"

sixwind:actions { NEW = "created", DESTROY = "deleted" }

local FRONT = [[^(?:fp-cgnat\S*\s+)?]]
local FORWARD = FRONT .. [[(?P<action>\w+)\s+CONN:\s+fwd\s+proto\s+(?P<protocol>\w+)\s+]]
local V6, ANY = [[\[?(?P<src_ip>[\dA-Fa-f:]+?)\]?:]], [[\[?(?P<src_ip>[\dA-Fa-f.:]+?)\]?:]]
local TO = [[(?P<src_port>\d+)\s+->\s+]]
local BACK = [[,\s+back\s+proto\s+]]
local PUBLIC = [[\s+--?>\s+\[?(?P<x_ip>[\dA-Fa-f.:]+?)\]?:(?P<x_port>\d+)(?:\s+at\s+.*)?$]]

-- NAT64 first.
sixwind:regex("session_mapping", FORWARD .. V6 .. TO .. [[\S+\s+back\s+proto\s+\S+\s+]]
	.. [[(?P<dst_ip>[\d.]+):(?P<dst_port>\d+)]] .. PUBLIC)
sixwind:regex("session_mapping",
	FORWARD .. ANY .. TO .. [[\[?(?P<dst_ip>[\dA-Fa-f.:]+?)\]?:(?P<dst_port>\d+)]] .. BACK .. [[\S+\s+\S+]]
	.. PUBLIC)
sixwind:regex("port_block_mapping", FRONT .. [[USER\s+(?P<src_ip>[\dA-Fa-f.:]+)\s+\(.*\):\s+]]
	.. [[(?P<action>\w+)\s+BLOCK\s+\(]]
	.. [[(?:pool\s+.*,\s+)?ip\s+public\s+(?P<x_ip>[\dA-Fa-f.:]+),\s+proto\s+.*,\s+]]
	.. [[port\s+(?P<start_port>\d+)\s*-\s*(?P<end_port>\d+)\)(?:\s+at\s+.*)?$]])

return sixwind
