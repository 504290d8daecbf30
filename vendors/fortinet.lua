-- SPDX-License-Identifier: Apache-2.0
--
-- FortiGate: hyperscale sessions (docs.fortinet.com, hyperscale firewall guide), traffic log, and the port blocks of IP
-- pools. Of the blocks only event numbers and names of keys are sure, hence only the end of logid is looked at. The
-- VDOM is taken as VRF. date and time have no zone; eventtime has, in seconds or nanoseconds.

local fortinet = vendor "fortinet"

fortinet:topics  "cgnat.syslog.fortinet"
fortinet:actions { start = "created", ["end"] = "deleted" }

-- Hyperscale. With NAT64 the destination is the IPv4 one.
local HYPERSCALE = { type = "sess", act = "{action}", tran = "snat[+dnat]", vd = "[{vrf_id}]", proto = "{protocol}",
	sip = "{src_ip}", sport = "{src_port}", nsip = "{x_ip}", nsport = "{x_port}", sentp = "{word}" }
fortinet:key_value("session_mapping", { HYPERSCALE, ipold = "v6", ipnew = "v4", ndip = "{dst_ip}", ndport = "{dst_port}" })
fortinet:key_value("session_mapping", { HYPERSCALE, ipold = "v6", ipnew = "v6", dip = "{dst_ip}", dport = "{dst_port}" })
fortinet:key_value("session_mapping", { HYPERSCALE, ipold = "(v4|)", dip = "{dst_ip}", dport = "{dst_port}" })

-- Traffic log. What is neither start nor statistics (20) says how the session ended; accept is one of these.
local DEVICE = { devname = "[{host_name}]", vd = "[{vrf_id}]", eventtime = "[{timestamp}]" }
local TRAFFIC = { DEVICE, type = "traffic", logid = "{word}", trandisp = "snat[+dnat]", proto = "{protocol}", srcip = "{src_ip}", srcport = "[{src_port}]",
	dstip = "{dst_ip}", dstport = "[{dst_port}]", transip = "{x_ip}", transport = "[{x_port}]", duration = "{word}" }
fortinet:key_value("session_mapping", { TRAFFIC, logid = "{*}20" }, { action = "updated" })
fortinet:key_value("session_mapping", { TRAFFIC, action = "start" }, { action = "created" })
fortinet:key_value("session_mapping", { TRAFFIC, action = "(accept|close|timeout|client-rst|server-rst|ip-conn|dns)" }, { action = "deleted" })

local BLOCK = { DEVICE, saddr = "{src_ip}", nat = "{x_ip}", portbegin = "{start_port}", portend = "{end_port}", msg = "{word}[ {*}]" }
fortinet:key_value("port_block_mapping", { BLOCK, logid = "{*}22015" }, { action = "created" })
fortinet:key_value("port_block_mapping", { BLOCK, logid = "{*}22016" }, { action = "deleted" })
fortinet:key_value("port_block_mapping", { BLOCK, logid = "{*}22024" }, { action = "updated" })

-- Sessions whose source is not translated, and the logs of other parts; whole lines only, hence the duration.
fortinet:key_value("ignore", { type = "traffic", trandisp = "(noop|dnat|)", duration = "{word}" })
fortinet:key_value("ignore", { type = "utm" })
fortinet:key_value("ignore", { type = "event", logid = "!{*}(22015|22016|22024)", portbegin = "" })

return fortinet
