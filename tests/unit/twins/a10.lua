-- SPDX-License-Identifier: Apache-2.0
--
-- The ports of vendors/a10.lua as regex; for tests/unit/test_vendors_regex.c.

local a10 = vendor "a10"

a10:actions { C = "created", B = "created", D = "deleted", F = "deleted", U = "updated" }
a10:records "\n"

a10:regex("port_mapping", [[^(?:\S+\s+)?NAT-(?P<protocol>\w+)-(?P<action>\w):\s*]]
	.. [[\[?(?P<src_ip>[\dA-Fa-f.:]+?)\]?:(?P<src_port>\d+)\s*(?:<-->|->)\s*]]
	.. [[\[?(?P<x_ip>[\dA-Fa-f.:]+?)\]?:\s*(?P<x_port>\d+)(?:\s+to\s+\S+)?(?:\s.*=.*)?$]])

return a10
