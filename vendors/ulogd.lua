-- SPDX-License-Identifier: Apache-2.0
--
-- Linux, ulogd with NFCT and the plugins PRINTFLOW and SYSLOG. REPLY is the answer; its destination is the public
-- address. If that is the source itself, nothing was translated. Source: lines in public.

local ulogd = vendor "ulogd"

ulogd:topics  "cgnat.syslog.ulogd"
ulogd:actions { NEW = "created", UPDATE = "updated", DESTROY = "deleted" }
ulogd:ignore_untranslated()

local function both(question, answer)
	local first = "[[{action}]] ORIG: SRC={src_ip} DST={dst_ip} PROTO={protocol}" .. question
	local second = " , REPLY: SRC={word} DST={x_ip} PROTO={word}" .. answer
	ulogd:session_mapping { first .. " PKTS={word} BYTES={word}" .. second .. " PKTS={word} BYTES={word}", first .. second }
end

-- With ports; ICMP with its type; others with nothing.
both(" SPT={src_port} DPT={dst_port}", " SPT={word} DPT={x_port}")
both(" TYPE={word} CODE={word}", " TYPE={word} CODE={word}")
both("", "")

return ulogd
