-- SPDX-License-Identifier: Apache-2.0
--
-- The templates of vendors/conntrack.lua as one regex; for tests/unit/test_vendors_regex.c.

local conntrack = vendor "conntrack"

conntrack:actions { NEW = "created", UPDATE = "updated", DESTROY = "deleted" }
conntrack:ignore_untranslated()

conntrack:regex("session_mapping", [[^(?:\[(?P<timestamp>[\d.]+)\]\s+)?\[(?P<action>\w+)\]\s+(?:ipv[46]\s+\S+\s+)?]]
	.. [[\S+\s+(?P<protocol>\w+)\s+(?:\S+\s+){0,2}?src=(?P<src_ip>\S+)\s+dst=(?P<dst_ip>\S+)]]
	.. [[(?:\s+sport=(?P<src_port>\d+)\s+dport=(?P<dst_port>\d+)]]
	.. [[|\s+type=\S+\s+code=\S+\s+id=\S+|\s+srckey=\S+\s+dstkey=\S+|)]]
	.. [[(?:\s+packets=\S+\s+bytes=\S+)?(?:\s+\[UNREPLIED\])?\s+src=\S+\s+dst=(?P<x_ip>\S+)]]
	.. [[(?:\s+sport=\S+\s+dport=(?P<x_port>\d+)|\s+type=\S+\s+code=\S+\s+id=\S+|\s+srckey=\S+\s+dstkey=\S+|)]]
	.. [[(?:\s+(?!sport=|dport=|type=|srckey=).*)?$]])

return conntrack
