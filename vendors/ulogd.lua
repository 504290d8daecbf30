-- SPDX-License-Identifier: Apache-2.0
--
-- Linux, ulogd with NFCT and the plugins PRINTFLOW and SYSLOG. REPLY is the answer; its destination is the public
-- address. If that is the source itself, nothing was translated. Source: lines in public.

local ulogd = vendor "ulogd"

ulogd:topics  "cgnat.syslog.ulogd"
ulogd:actions { NEW = "created", UPDATE = "updated", DESTROY = "deleted" }
ulogd:ignore_untranslated()

ulogd:session_mapping("[[{action}]] ORIG: SRC={src_ip} DST={dst_ip} PROTO={protocol}"
	.. "( SPT={src_port} DPT={dst_port}| TYPE={word} CODE={word}|)[ PKTS={word} BYTES={word}] , "
	.. "REPLY: SRC={word} DST={x_ip} PROTO={word}( SPT={word} DPT={x_port}| TYPE={word} CODE={word}|)[ PKTS={word} BYTES={word}]")

return ulogd
