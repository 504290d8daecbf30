-- SPDX-License-Identifier: Apache-2.0
--
-- H3C and HP Comware, NAT log. Version 5 is in the vendor's manual ("Operator 8: Data flow created"). The number of
-- Operator says why the line was written (H3C, flow log fields): 8 created, 6 still there, the others tell the end.
-- Version 7 (NAT_FLOW, SESSION_IPV4_FLOW) is from lines seen in public; sessions that are not translated stand there,
-- too. Times are local without a zone, hence the envelope's hold.

local h3c = vendor "h3c"

h3c:topics  "cgnat.syslog.h3c"
h3c:actions { ["8"] = "created", ["6"] = "updated", ["1"] = "deleted", ["2"] = "deleted", ["3"] = "deleted",
              ["4"] = "deleted", ["7"] = "deleted" }
h3c:ignore_untranslated()

-- %@number%Mon d hh:mm:ss:cc yyyy name, as the log file has it; or what syslog leaves of it.
local FLOW = "[%@{word} {word} {word} {word} {host_name} ](|(|%%10)USERLOG/{*}/NAT: )"
	.. "{protocol}; {src_ip}:{src_port}--->{x_ip}:{x_port}; {dst_ip}:{dst_port}; [[{*}]]; Operator "

h3c:session_mapping(FLOW .. "{word} (A|a)ctive [data ]flow timeout", { action = "updated" })
h3c:session_mapping(FLOW .. "{action}: {*}")
h3c:session_mapping(FLOW .. "{word} Aged for {*}", { action = "deleted" })

h3c:session_mapping("[{word} ]Protocol((1001))={protocol};[Application((1002))={*};]SrcIPAddr((1003))={src_ip};SrcPort((1004))={src_port};"
	.. "NatSrcIPAddr((1005))={x_ip};NatSrcPort((1006))={x_port};DstIPAddr((1007))={dst_ip};DstPort((1008))={dst_port};"
	.. "{*}RcvVPNInstance((1042))=(;|{vrf_id};){*}Event((1048))=(({action})){*}")

return h3c
