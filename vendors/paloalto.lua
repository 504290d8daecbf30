-- SPDX-License-Identifier: Apache-2.0
--
-- Palo Alto Networks PAN-OS, traffic log as CSV (vendor's syslog field descriptions). The vsys is taken as VRF. A
-- NAT source that is empty, 0.0.0.0 or the source itself means no NAT. Times have no zone, hence the envelope's hold.

local paloalto = vendor "paloalto"

paloalto:topics  "cgnat.syslog.paloalto"
paloalto:actions { start = "created", ["end"] = "deleted" }
paloalto:ignore_untranslated()

-- lost: a collector may take the first column and a half, `1,2018/11/30`, for the program; then one is missing.
local function traffic(lost)
	local LOG = { [4 - lost] = "TRAFFIC", [5 - lost] = "{action}", [8 - lost] = "{src_ip}", [10 - lost] = "{x_ip}", [16 - lost] = "[{vrf_id}]",
		[25 - lost] = "{src_port}", [26 - lost] = "{dst_port}", [27 - lost] = "{x_port}", [30 - lost] = "{protocol}", [31 - lost] = "{word}" }
	-- A destination in IPv6 may become one in IPv4 (NAT64), which then counts.
	paloalto:csv("session_mapping", { LOG, [9 - lost] = "{*}:{*}", [11 - lost] = "{dst_ip}" })
	paloalto:csv("session_mapping", { LOG, [9 - lost] = "{dst_ip:v4}" })
	paloalto:csv("ignore", { [4 - lost] = "TRAFFIC", [5 - lost] = "(start|end)", [10 - lost] = "", [31 - lost] = "{word}" })
	paloalto:csv("ignore", { [4 - lost] = "TRAFFIC", [5 - lost] = "(drop|deny)" })
	paloalto:csv("ignore", { [4 - lost] = "(THREAT|SYSTEM|CONFIG|HIPMATCH|HIP-MATCH|GLOBALPROTECT|USERID|DECRYPTION|AUTHENTICATION|CORRELATION|GTP|SCTP|IPTAG|AUDIT)" })
end

traffic(0)
traffic(1)

return paloalto
