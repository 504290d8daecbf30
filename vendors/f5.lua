-- SPDX-License-Identifier: Apache-2.0
--
-- F5 BIG-IP CGNAT (LSN). Sources: cgn-ec-consumer's patterns for the raw form, f5-telemetry-streaming's test data for the
-- key="value" (Splunk) and JSON forms. No line of a device was to be had, so all meanings are our reading: %N is the route
-- domain of the client, cli is inside and nat public; without ports a line maps addresses. X.X.X.X is masked.
--
-- Only a regex says that nothing but digits may stand behind % and that each value may have quotes. A session began at
-- `start` and ended `duration` later, in milliseconds; only a handler can add the two.

local f5 = vendor "f5"

f5:topics  "cgnat.syslog.f5_bigip"
f5:actions { LSN_ADD = "created", LSN_INBOUND_ADD = "created", LSN_DELETE = "deleted", LSN_INBOUND_DELETE = "deleted",
             LSN_PB_ALLOCATED = "created", LSN_PB_RELEASED = "deleted" }

local client = [["?\s+"?(?P<src_ip>[0-9A-Fa-f.:]+?)(?:%(?P<vrf_id>\d+))?]]
local raw = [[^(?:\S++\s+){0,3}"?(?P<action>LSN_(?:INBOUND_)?(?:ADD|DELETE))]] .. client
	.. [[:(?P<src_port>\d+)"?\s+"?(?P<protocol>[\w-]+)"?\s+"?(?P<x_ip>[0-9A-Fa-f.:]+?)(?:%\d+)?:(?P<x_port>\d+)"?]]
f5:regex("session_mapping", raw .. [[\s+"?(?P<dst_ip>[0-9A-Fa-f.:]+?)(?:%\d+)?(?:"?\s+"?|:)(?P<dst_port>\d+)"?$]])
f5:regex("port_mapping", raw .. "$")
f5:regex("port_block_mapping", [[^(?:\S++\s+){0,3}"?(?P<action>LSN_PB_\w+)]] .. client
	.. [["?\s+"?(?P<x_ip>[0-9A-Fa-f.:]+?)(?:%\d+)?(?:"?\s+"?|:)(?P<start_port>\d+)-(?P<end_port>\d+)"?$]])
f5:ignore { '{*}cli(=|":)[ ]"X.X.X.X"{*}', "{*}LSN_QUOTA_EXCEEDED{*}" }

local block = { lsn_event = "{action}", lsn_client = "({src_ip}%{vrf_id}|{src_ip})", start = "[{timestamp}]",
                lsn_pb = "{x_ip}( |:){start_port}-{end_port}", pem_subscriber_id = "[No-lookup|{subscriber}]" }
f5:key_value("port_block_mapping", block)
f5:json("port_block_mapping", block)

-- Behind the opening quote of a key's value, the key as key="value" and as JSON have it; false when it is not there.
local function at(message, pair, member)
	local c = message:cursor()
	if c:find(pair) then return c end
	c = message:cursor()
	return c:find(member) and (c:skip(' "') or c:skip('"')) and c
end

local function address(c, event, ip, port)
	if c and c:endpoint(ip, port) then return c:skip('"') end
	local domain = c and c:read(ip) and c:skip("%") and c:number()
	event.vrf_id = domain and port == "src_port" and tostring(domain) or event.vrf_id
	return c and (not c:skip(":") or c:read(port)) and c:skip('"')
end

f5:handler(function(message, event, emit)
	local c = at(message, 'lsn_event="', '"lsn_event":')
	if not (c and c:read("action") and address(at(message, 'cli="', '"cli":'), event, "src_ip", "src_port")
			and address(at(message, 'nat="', '"nat":'), event, "x_ip", "x_port")) then return end
	c = at(message, 'duration="', '"duration":')
	local length = event.action == 1 and 0 or c and c:number()
	c = length and (length == 0 or c:skip('"')) and at(message, 'start="', '"start":')
	local start = c and c:number()
	event.timestamp = start and c:skip('"') and start + length or nil
	event.type = event.x_port and "port_mapping" or "address_mapping"
	c = event.x_port and at(message, 'ip_protocol="', '"ip_protocol":')
	if not c or c:read("protocol") then emit(event) end
end)

return f5
