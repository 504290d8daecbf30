-- SPDX-License-Identifier: Apache-2.0
--
-- The templates of vendors/jool.lua as regex; for tests/unit/test_vendors_regex.c.

local jool = vendor "jool"

jool:actions { Mapped = "created", Added = "created", Forgot = "deleted" }

local FRONT = [[^(?:\[.*?\]\s+)?(?:\S+\s+){0,3}?]]
	.. [[(?P<timestamp>\d+/\d+/\d+\s+\d+:\d+:\d+(?:\s+\(GMT\))?)\s+-\s+(?P<action>\w+)\s+]]
local INSIDE, PUBLIC = [[(?P<src_ip>[\dA-Fa-f.:]+)#(?P<src_port>\d+)]], [[(?P<x_ip>[\dA-Fa-f.:]+)#(?P<x_port>\d+)]]

jool:regex("port_mapping", FRONT .. INSIDE .. [[\s+to\s+]] .. PUBLIC .. [[\s+\((?P<protocol>\w+)\)$]])
jool:regex("session_mapping", FRONT .. [[session\s+]] .. INSIDE .. [[\|.*\|]] .. PUBLIC
	.. [[\|(?P<dst_ip>[\dA-Fa-f.:]+)#(?P<dst_port>\d+)\|(?P<protocol>\w+)$]])

return jool
