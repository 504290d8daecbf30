-- SPDX-License-Identifier: Apache-2.0
--
-- A10 Thunder CGN: CEF, ASCII, and the port batches of its custom messages. The vendor's guide was not to be had; the
-- forms are from lines seen in public. C, D and U are created, deleted and updated; B as created and F as deleted are
-- our reading. Any other letter is a dead letter, not a guess. One datagram may hold several messages, a line each.

local a10 = vendor "a10"

a10:topics  { "cgnat.syslog.a10_thunder", "cgnat.syslog.a10_thunder_cef", "cgnat.syslog.a10" }
a10:actions { C = "created", B = "created", D = "deleted", F = "deleted", U = "updated",
              Allocated = "created", Freed = "deleted", InterimUpdate = "updated",
              ["100"] = "created", ["102"] = "created", ["106"] = "created", -- classes of CEF
              ["101"] = "deleted", ["103"] = "deleted", ["107"] = "deleted" }
a10:records "\n"

-- CEF. The device is named `name/partition`, in front or by the collector; the partition is taken as the VRF. dst of a
-- port is only its first packet's. What else the device logs in CEF is no NAT event.
a10:cef("ignore", { vendor = "A10", class = "!CGN 10(0|1|2|3|6|7)" })

local nat = { class = "CGN {action}", src = "{src_ip}", sourceTranslatedAddress = "{x_ip}",
              ["@front|@host_name"] = "[{host_name}/{vrf_id}|{*}]" }
local ports = { nat, proto = "[{protocol}]", spt = "[{src_port}]", sourceTranslatedPort = "{x_port}" }

a10:cef("port_block_mapping", { nat, name = "{*} Batch {*}", sourceTranslatedPort = "{start_port}", cn3 = "{end_port}" })
a10:cef("session_mapping",    { ports, name = "{word} Session {word}", dst = "{dst_ip}", dpt = "[{dst_port}]" })
a10:cef("port_mapping",       { ports, name = "{word} Port {word}" })

-- ASCII. Ports: inside <--> public to destination, which is only the first packet's; some write a plain arrow.
a10:port_mapping "[{word} ]NAT-{protocol}-{action}:[ ]{src_ip}:{src_port}[ ](<-->|->)[ ]{x_ip}:[ ]{x_port}[ to {word}][ {*}={*}]"

-- Fixed NAT tells its blocks once, when they are set up.
a10:port_block_mapping("[{word} ]FIXED-NAT-PORTS[:] {src_ip}[ ]->[ ]{x_ip}:{start_port}-{end_port}", { action = "created" })

-- Custom messages: NAT:<time> <hex> <name>: [inside public first last]. The time has no zone, so it is skipped.
a10:port_block_mapping "[{word} ][{word} ]PortBatchV2{action}: [[{src_ip} {x_ip} {start_port} {end_port}]]"

-- Sessions: inside<->destination,public<-->destination, or the second pair the other way round. The public end is the one
-- that is not the destination; nobody can tell when both or none are. Only a regex says "the same again".
local pair = [[\[?(?P<%s_ip>[\dA-Fa-f.:]+?)\]?:(?P<%s_port>\d+)]]
local again = [[\[?(?P=dst_ip)\]?:(?P=dst_port)(?!\d)]]
local public = "(?!" .. again .. ")" .. pair:format("x", "x")
local start = [[^(?:\S+ +)?NAT-(?P<protocol>\w+)-(?P<action>\w+): *]] .. pair:format("src", "src") .. "<->" .. pair:format("dst", "dst") .. ", *"
local rest = "(?: (?!.*NAT-).*)?$" -- attributes, but no second record
a10:regex("session_mapping", { start .. public .. "<-->" .. again .. rest, start .. again .. "<-->" .. public .. rest })

return a10
