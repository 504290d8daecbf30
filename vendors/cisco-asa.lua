-- SPDX-License-Identifier: Apache-2.0
--
-- Cisco ASA (and Firepower, FTD), syslog. Source: Cisco's syslog message guide. 305009 and 305010 are addresses, 305011
-- and 305012 ports, 305014, 305015 and 305017 port blocks, 305018 MAP. A collector may have taken the mnemonic off as the
-- program, so it is optional: the words tell the message, too.
--
-- 302013 and 302015 name the foreign end first, then the local one; what is in parentheses is the mapped address. Where
-- it equals the real one nothing was translated (or 305011 says so). Their teardown does not name it and is ignored;
-- connections of ICMP (302020) repeat what 305011 says.

local asa = vendor "cisco-asa"

asa:topics  "cgnat.syslog.cisco-asa"
asa:actions { Built = "created", Teardown = "deleted", Allocated = "created", Released = "deleted", Active = "updated" }
asa:ignore_untranslated()

asa:port_mapping       "([{*} ]%{*}-(305011|305012): |){action} (dynamic|static) {protocol} translation from {word}:{src_ip}/{src_port}[(({subscriber}))] to {word}:{x_ip}/{x_port}[ duration {*}]"
asa:address_mapping    "([{*} ]%{*}-(305009|305010): |){action} (dynamic|static) translation from {word}:{src_ip}[(({subscriber}))] to {word}:{x_ip}[ duration {*}]"
asa:port_block_mapping "([{*} ]%{*}-(305014|305015|305017): |)[Pba-interim-logging: ]{action} [{*} ]block of ports for translation from {word}:{src_ip} to {word}:{x_ip}/{start_port}-{end_port}"

asa:session_mapping("([{*} ]%{*}-(302013|302015): |)Built (inbound|outbound) {protocol} connection {word} for {word}:{dst_ip}/{dst_port} (({word} to {word}:{src_ip}/{src_port} (({x_ip}/{x_port}))[{*}]", { action = "created" })
asa:session_mapping("([{*} ]%{*}-305018: |)MAP translation from {word}:{src_ip}/{src_port}-{word} to {word}:{x_ip}/{x_port}-{word}:{dst_ip}/{dst_port}", { action = "created" })

asa:ignore {
	"[{*} ]%{*}-(302014|302016|302020|302021|305005|305006|305013|305016|305019|305020|305021|305022|305023): {*}",
	"Teardown {protocol} connection {*}",
}

return asa
