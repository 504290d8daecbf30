-- SPDX-License-Identifier: Apache-2.0
--
-- VyOS. `cgnat log-allocation` prints the plan once, when it is committed (conf_mode/nat_cgnat.py): each line gives a
-- subscriber his ports, and nothing takes them away. The conntrack logger (services/vyos-conntrack-logger) prints
-- nearly what `conntrack -E` does, with the flow's number behind the event.

local vyos = vendor "vyos"

vyos:topics  "cgnat.syslog.vyos"
vyos:actions { NEW = "created", UPDATE = "updated", DESTROY = "deleted" }
vyos:ignore_untranslated()

vyos:port_block_mapping("[{word} ]Internal host: {src_ip}, external host: {x_ip}, Port range: {start_port}-{end_port}", { action = "created" })

-- The tuple behind the first is that of the answer: its destination is the public address.
local FRONT = "[{word} ][[{action}]] {word} {word} {protocol} [{word} ][{word} ]src={src_ip} dst={dst_ip}"
local BETWEEN = "[ packets={word} bytes={word}][ [[UNREPLIED]]()] src={word} dst={x_ip}"

vyos:session_mapping(FRONT .. " sport={src_port} dport={dst_port}" .. BETWEEN .. " sport={word} dport={x_port}[ {*}]")
vyos:session_mapping(FRONT .. " type={word} code={word} id={word}" .. BETWEEN .. " type={word} code={word} id={word}[ {*}]")
vyos:session_mapping(FRONT .. BETWEEN .. "[ {*}]")

return vyos
