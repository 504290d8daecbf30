/* SPDX-License-Identifier: Apache-2.0
 *
 * The template language: what fits, and what comes of it. Texts of devices are from the vendors' samples.
 */
#include "template_help.h"

#define NFWARE_SESSION                                                                            \
	"[{*} ]{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port} DST " \
	"{dst_ip}:{dst_port}"                                                                     \
	"[ DIR {*}]"
#define NFWARE_PORT "[{*} ]{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port}"
#define NFWARE_BLOCK "[{*} ]{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}"
#define NFWARE_ADDRESS "[{*} ]{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}"

static void reads_nfware(void **state)
{
	static const struct template_case cases[] = {
		{NFWARE_ADDRESS, ADDRESS, "A VRF 0 INT 10.0.0.1 EXT 100.64.0.1",
		 "{\"type\":\"address-mapping\",\"event\":1,\"vrf_id\":\"0\",\"src_ip\":\"10.0.0.1\",\"x_"
		 "ip\":\"100.64.0.1\"}"},
		{NFWARE_PORT, PORT, "A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475",
		 "{\"type\":\"port-mapping\",\"event\":1,\"vrf_id\":\"0\",\"protocol\":6,\"src_ip\":\"10.0.0."
		 "1\","
		 "\"src_port\":57938,\"x_ip\":\"100.64.0.1\",\"x_port\":28475}"},
		{NFWARE_PORT, PORT, "D VRF 0 17 INT 100.64.23.122:40000 EXT 194.15.97.34:40001",
		 "{\"type\":\"port-mapping\",\"event\":2,\"vrf_id\":\"0\",\"protocol\":17,\"src_ip\":\"100."
		 "64.23.122\","
		 "\"src_port\":40000,\"x_ip\":\"194.15.97.34\",\"x_port\":40001}"},
		{NFWARE_PORT, PORT, "A VRF 0 47 INT 100.64.23.122:0 EXT 194.15.97.34:0",
		 "{\"type\":\"port-mapping\",\"event\":1,\"vrf_id\":\"0\",\"protocol\":47,\"src_ip\":\"100."
		 "64.23.122\","
		 "\"src_port\":0,\"x_ip\":\"194.15.97.34\",\"x_port\":0}"},
		{NFWARE_SESSION, SESSION,
		 "A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT",
		 "{\"type\":\"session-mapping\",\"event\":1,\"vrf_id\":\"0\",\"protocol\":6,\"src_ip\":\"10."
		 "0.0.1\","
		 "\"src_port\":57938,\"x_ip\":\"100.64.0.1\",\"x_port\":28475,\"dst_ip\":\"185.165.123.206\","
		 "\"dst_port\":443}"},
		{NFWARE_SESSION, SESSION,
		 "test A VRF 12 6 INT 100.64.23.122:40000 EXT 194.15.97.34:40001 DST 8.8.8.8:443 DIR IN",
		 "{\"type\":\"session-mapping\",\"event\":1,\"vrf_id\":\"12\",\"protocol\":6,\"src_ip\":"
		 "\"100.64.23.122\","
		 "\"src_port\":40000,\"x_ip\":\"194.15.97.34\",\"x_port\":40001,\"dst_ip\":\"8.8.8.8\",\"dst_"
		 "port\":443}"},
		{NFWARE_BLOCK, BLOCK, "A VRF 0 INT 10.0.0.1 EXT 100.64.0.1:1024-1535",
		 "{\"type\":\"port-block-mapping\",\"event\":1,\"vrf_id\":\"0\",\"src_ip\":\"10.0.0.1\",\"x_"
		 "ip\":\"100.64.0.1\","
		 "\"start_port\":1024,\"end_port\":1535}"},
		{NFWARE_PORT, PORT, "A VRF red 6 INT [2001:db8::5]:1234 EXT 100.64.0.1:28475",
		 "{\"type\":\"port-mapping\",\"event\":1,\"vrf_id\":\"red\",\"protocol\":6,\"src_ip\":\"2001:"
		 "db8::5\","
		 "\"src_port\":1234,\"x_ip\":\"100.64.0.1\",\"x_port\":28475}"},
		{NFWARE_ADDRESS, ADDRESS, "A  VRF \t 0  INT\t10.0.0.1   EXT  100.64.0.1",
		 "{\"type\":\"address-mapping\",\"event\":1,\"vrf_id\":\"0\",\"src_ip\":\"10.0.0.1\","
		 "\"x_ip\":\"100.64.0.1\"}"},
		{NFWARE_ADDRESS, ADDRESS, "A VRF  0 INT 10.0.0.1 EXT 100.64.0.1",
		 "{\"type\":\"address-mapping\",\"event\":1,\"vrf_id\":\"0\",\"src_ip\":\"10.0.0.1\","
		 "\"x_ip\":\"100.64.0.1\"}"},
		{NFWARE_PORT, PORT, "A VRF 0 6 INT [10.0.0.1]:1 EXT 192.0.2.1:2", NULL},
		{NFWARE_SESSION, SESSION, "A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475", NULL},
		{NFWARE_PORT, PORT, "A VRF 0 INT 10.0.0.1 EXT 100.64.0.1:1024-1535", NULL},
		{NFWARE_PORT, PORT, "B VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475", NULL},
		{NFWARE_PORT, PORT, "AA VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475", NULL},
	};
	(void)state;
	CHECK_CASES(cases);
}

#define A10_SESSION                                                                 \
	"{*} NAT-{protocol}-{action}: {src_ip}:{src_port}<->{dst_ip}:{dst_port},[ " \
	"]{x_ip}:{x_port}(<-->|<->){*}"
#define A10_PORT \
	"[{*} ]NAT-{protocol}-{action}: {src_ip}:{src_port}( -> |->| <--> |<-->){x_ip}:[ ]{x_port}[ to {*}]"
#define A10_BATCH "{*} PortBatchV2{action}: [[{src_ip} {x_ip} {start_port} {end_port}]]"

static void reads_a10(void **state)
{
	static const struct template_case cases[] = {
		{A10_SESSION, SESSION,
		 "test NAT-TCP-C: 100.64.23.122:40000<->8.8.8.8:443,194.15.97.34:40001<-->8.8.8.8:443",
		 "{\"type\":\"session-mapping\",\"event\":1,\"protocol\":6,\"src_ip\":\"100.64.23.122\","
		 "\"src_port\":40000,"
		 "\"x_ip\":\"194.15.97.34\",\"x_port\":40001,\"dst_ip\":\"8.8.8.8\",\"dst_port\":443}"},
		{A10_SESSION, SESSION,
		 "test NAT-UDP-D: 100.64.23.122:40000<->8.8.8.8:443, 194.15.97.34:40001<->8.8.8.8:443",
		 "{\"type\":\"session-mapping\",\"event\":2,\"protocol\":17,\"src_ip\":\"100.64.23.122\","
		 "\"src_port\":40000,"
		 "\"x_ip\":\"194.15.97.34\",\"x_port\":40001,\"dst_ip\":\"8.8.8.8\",\"dst_port\":443}"},
		{A10_PORT, PORT, "test NAT-UDP-C: 100.64.23.122:40000<-->194.15.97.34:40001 to 8.8.8.8:53",
		 "{\"type\":\"port-mapping\",\"event\":1,\"protocol\":17,\"src_ip\":\"100.64.23.122\",\"src_"
		 "port\":40000,"
		 "\"x_ip\":\"194.15.97.34\",\"x_port\":40001}"},
		{A10_PORT, PORT, "test NAT-UDP-D: 100.64.23.122:40000<-->194.15.97.34:40001 to 8.8.8.8:53",
		 "{\"type\":\"port-mapping\",\"event\":2,\"protocol\":17,\"src_ip\":\"100.64.23.122\",\"src_"
		 "port\":40000,"
		 "\"x_ip\":\"194.15.97.34\",\"x_port\":40001}"},
		{A10_PORT, PORT, "NAT-UDP-C: 100.100.100.100:10000 -> 150.150.150.150: 10000",
		 "{\"type\":\"port-mapping\",\"event\":1,\"protocol\":17,\"src_ip\":\"100.100.100.100\","
		 "\"src_port\":10000,"
		 "\"x_ip\":\"150.150.150.150\",\"x_port\":10000}"},
		{A10_PORT, PORT, "NAT-UDP-C: 2001:db8::5:10000 -> 64:ff9b::1: 10000",
		 "{\"type\":\"port-mapping\",\"event\":1,\"protocol\":17,\"src_ip\":\"2001:db8::5\",\"src_"
		 "port\":10000,"
		 "\"x_ip\":\"64:ff9b::1\",\"x_port\":10000}"},
		{A10_PORT, PORT, "host NAT-1 NAT-TCP-C: 10.0.0.1:1->192.0.2.1:2",
		 "{\"type\":\"port-mapping\",\"event\":1,\"protocol\":6,\"src_ip\":\"10.0.0.1\",\"src_port\":"
		 "1,"
		 "\"x_ip\":\"192.0.2.1\",\"x_port\":2}"},
		{A10_PORT, PORT, "NAT-TCPX-C: 10.0.0.1:1->192.0.2.1:2", NULL},
		{A10_PORT, PORT, "NAT-TCP-F: 10.0.0.1:1->192.0.2.1:2", NULL},
		{"FIXED-NAT-PORTS {src_ip}->{x_ip}:{start_port}-{end_port}", BLOCK,
		 "FIXED-NAT-PORTS 10.10.10.172->192.168.9.173:3000-4000",
		 "{\"type\":\"port-block-mapping\",\"src_ip\":\"10.10.10.172\",\"x_ip\":\"192.168.9.173\","
		 "\"start_port\":3000,"
		 "\"end_port\":4000}"},
		{A10_BATCH, BLOCK,
		 "Jul  6 14:05:36 host NAT:20260706140537 3e2d PortBatchV2Allocated: [100.104.128.32 "
		 "62.45.100.176 11777 12288]",
		 "{\"type\":\"port-block-mapping\",\"event\":1,\"src_ip\":\"100.104.128.32\",\"x_ip\":\"62."
		 "45.100.176\","
		 "\"start_port\":11777,\"end_port\":12288}"},
		{A10_BATCH, BLOCK,
		 "Jul  6 14:08:37 host NAT:20260706140837 3e2d PortBatchV2Freed: [100.104.128.32 "
		 "62.45.100.176 11777 12288]",
		 "{\"type\":\"port-block-mapping\",\"event\":2,\"src_ip\":\"100.104.128.32\",\"x_ip\":\"62."
		 "45.100.176\","
		 "\"start_port\":11777,\"end_port\":12288}"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static const struct template_case others[] = {
	{"%NAT-6-LOG_TRANSLATION: Created Translation {protocol} {src_ip}:{src_port} {x_ip}:{x_port} "
	 "{dst_ip}:{dst_port} "
	 "{*}:{*} {vrf_id}[.{*}]",
	 SESSION,
	 "%NAT-6-LOG_TRANSLATION: Created Translation UDP 10.0.0.1:1 192.0.2.1:2 9.9.9.9:3 9.9.9.9:3 "
	 "7....",
	 "{\"type\":\"session-mapping\",\"vrf_id\":\"7\",\"protocol\":17,\"src_ip\":\"10.0.0.1\","
	 "\"src_port\":1,"
	 "\"x_ip\":\"192.0.2.1\",\"x_port\":2,\"dst_ip\":\"9.9.9.9\",\"dst_port\":3}"},
	{"{*}RT_FLOW_SESSION_CREATE: session created {src_ip}/{src_port}->{dst_ip}/{dst_port} {*} "
	 "{x_ip}/{x_port}->{*} "
	 "{*} {*} {protocol} {*}",
	 SESSION,
	 "RT_FLOW: RT_FLOW_SESSION_CREATE: session created 192.168.1.102/58662->8.8.8.8/53 "
	 "junos-dns-udp "
	 "68.144.1.1/55893->8.8.8.8/53 TRUST-INET-ACCESS None 17 OUTBOUND-INTERNET-ACCESS TRUST "
	 "INTERNET 6316 N/A(N/A)",
	 "{\"type\":\"session-mapping\",\"protocol\":17,\"src_ip\":\"192.168.1.102\",\"src_port\":"
	 "58662,"
	 "\"x_ip\":\"68.144.1.1\",\"x_port\":55893,\"dst_ip\":\"8.8.8.8\",\"dst_port\":53}"},
	{"{*}NAT_PORT_BLOCK_ALLOC: {src_ip} -> {x_ip}:{start_port}-{end_port}[ 0x{*}]", BLOCK,
	 "Oct 30 21:46:04 graphite (FPC Slot 2) [FWNAT]:ASP_NAT_PORT_BLOCK_ALLOC: 3002:0:0:0:0:0:0:1 "
	 "-> "
	 "33.33.0.3:1050-1099",
	 "{\"type\":\"port-block-mapping\",\"src_ip\":\"3002::1\",\"x_ip\":\"33.33.0.3\",\"start_"
	 "port\":1050,"
	 "\"end_port\":1099}"},
	{"{*}: {src_ip}:{src_port} [[{x_ip}:{x_port}]] -> [[[{*}]] ]{dst_ip}:{dst_port} ({protocol})",
	 SESSION,
	 "JSERVICES_SESSION_OPEN: application:icmp, ge-2/1/4.0: 40.1.1.2:56350 [70.0.0.3:1024] -> "
	 "100.1.1.2:2048 (ICMP)",
	 NULL}, /* ( and ) are alternatives: the text has the characters */
	{"{*}, {*} {src_ip}:{src_port} [[{x_ip}:{x_port}]] -> [[[{*}]] ]{dst_ip}:{dst_port} "
	 "(({protocol}))",
	 SESSION,
	 "JSERVICES_SESSION_OPEN: application:icmp, ge-2/1/4.0 2001::2:54045 [80.0.0.8:1024] ->  "
	 "[100.1.1.2] "
	 "64:ff9b::6401:102:32768 (ICMP ECHO REQUEST)",
	 "{\"type\":\"session-mapping\",\"protocol\":1,\"src_ip\":\"2001::2\",\"src_port\":54045,\"x_"
	 "ip\":\"80.0.0.8\","
	 "\"x_port\":1024,\"dst_ip\":\"64:ff9b::6401:102\",\"dst_port\":32768}"},
	{"USER {src_ip} (({*})): {action} BLOCK ((pool \"{*}\", ip public {x_ip}, proto {*}, port "
	 "{start_port} - "
	 "{end_port}))",
	 BLOCK,
	 "USER 100.64.0.1 (matching rule 1): DESTROY BLOCK (pool \"mypool\", ip public 192.0.2.33, "
	 "proto 6, port 1 - 512)",
	 "{\"type\":\"port-block-mapping\",\"event\":2,\"src_ip\":\"100.64.0.1\",\"x_ip\":\"192.0.2."
	 "33\",\"start_port\":1,"
	 "\"end_port\":512}"},
	{"{*} LSN_ADD {src_ip}%{vrf_id}:{src_port} {protocol} {x_ip}%{*}:{x_port} {dst_ip}( "
	 "|:){dst_port}",
	 SESSION, "test LSN_ADD 100.64.23.122%0:40000 6 194.15.97.34%0:40001 8.8.8.8 443",
	 "{\"type\":\"session-mapping\",\"vrf_id\":\"0\",\"protocol\":6,\"src_ip\":\"100.64.23.122\","
	 "\"src_port\":40000,"
	 "\"x_ip\":\"194.15.97.34\",\"x_port\":40001,\"dst_ip\":\"8.8.8.8\",\"dst_port\":443}"},
	{"{*} - Added session "
	 "{src_ip}#{src_port}||{*}||{x_ip}#{x_port}||{dst_ip}#{dst_port}||{protocol}",
	 SESSION, "alpha - Added session 1::5#47073|64:ff9b::c000:205#80|192.0.2.2#63527|192.0.2.5#80|TCP",
	 "{\"type\":\"session-mapping\",\"protocol\":6,\"src_ip\":\"1::5\",\"src_port\":47073,\"x_"
	 "ip\":\"192.0.2.2\","
	 "\"x_port\":63527,\"dst_ip\":\"192.0.2.5\",\"dst_port\":80}"},
	{"{timestamp} {host_name} cgnat{*} {src_ip}, external host: {x_ip}, Port range: "
	 "{start_port}-{end_port}",
	 BLOCK,
	 "2025-05-02T11:34:56.87+00:00 r4 cgnat[9059]: Internal host: 100.64.0.0, external host: "
	 "192.168.122.222, Port "
	 "range: 1024-3023",
	 "{\"type\":\"port-block-mapping\",\"timestamp\":\"2025-05-02T11:34:56.870Z\",\"src_ip\":"
	 "\"100.64.0.0\","
	 "\"x_ip\":\"192.168.122.222\",\"start_port\":1024,\"end_port\":3023,\"host_name\":\"r4\"}"},
};

/* Forms of other vendors that are a strain on the language. */
static void reads_others(void **state)
{
	(void)state;
	CHECK_CASES(others);
}

#define ADDRESS_OF(src, x) "{\"type\":\"address-mapping\",\"src_ip\":\"" src "\",\"x_ip\":\"" x "\"}"

static void reads_blanks_and_brackets(void **state)
{
	static const char both[] = ADDRESS_OF("1.1.1.1", "2.2.2.2");
	static const struct template_case cases[] = {
		{"  {src_ip} {x_ip}\t", ADDRESS, "1.1.1.1 \t  2.2.2.2", both},
		{"{src_ip}\t \t{x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", both},
		{"{src_ip} {x_ip}", ADDRESS, "1.1.1.12.2.2.2", NULL},
		{"{src_ip}[ a] [ b] {x_ip}", ADDRESS, "1.1.1.1 b 2.2.2.2",
		 both}, /* blanks that meet are one */
		{"{src_ip}[ a] [ b] {x_ip}", ADDRESS, "1.1.1.1  a  b  2.2.2.2", both},
		{"{src_ip}[ a] [ b] {x_ip}", ADDRESS, "1.1.1.1 b a 2.2.2.2", NULL},
		{"{src_ip}[ a[ b[ c]()]()] {x_ip}", ADDRESS, "1.1.1.1 a b c 2.2.2.2", both},
		{"{src_ip}[ a[ b[ c]()]()] {x_ip}", ADDRESS, "1.1.1.1 a b 2.2.2.2", both},
		{"{src_ip}[ a[ b[ c]()]()] {x_ip}", ADDRESS, "1.1.1.1 a c 2.2.2.2", NULL},
		{"{src_ip} (to|via {*}|) {x_ip}", ADDRESS, "1.1.1.1 to 2.2.2.2", both},
		{"{src_ip} (to|via {*}|) {x_ip}", ADDRESS, "1.1.1.1 via the moon 2.2.2.2", both},
		{"{src_ip} (to|via {*}|) {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", both},
		{"{src_ip} [to|via] {x_ip}", ADDRESS, "1.1.1.1 via 2.2.2.2", both},
		{"{src_ip} [to|via] {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", both},
		{"({src_ip} to|from {x_ip} for) ({vrf_id}|{*} x)", IGNORE, "1.1.1.1 to 2.2.2.2", "match"},
		{"{{{src_ip}}} {{}} [[]] (()) || {x_ip}", ADDRESS, "{1.1.1.1} {} [] () | 2.2.2.2", both},
		{"{*}", IGNORE, "", "match"},
		{"{*}", IGNORE, "anything", "match"},
		{"a{*}", IGNORE, "a", "match"},
		{"a {*}b", IGNORE, "a b", "match"},
		{"{*} end", IGNORE, "the end end",
		 "match"}, /* what follows is the blank, the word and the end */
		{"{*} [x]", IGNORE, "a", NULL},
		{"x[ {*}]", IGNORE, "x", "match"},
		{"x({*}|y)", IGNORE, "x", "match"},
		{"[{src_ip}:{src_port} ]x", IGNORE, "[1::1]:5 x", "match"},
		{"[{src_ip} ]x", IGNORE, "FE80::1 x", "match"},
		{"[{protocol} ]x", IGNORE, "XNS x", "match"},
		{"{*} {protocol}", IGNORE, "one XNS", "match"},
		/* An optional {*} is as short as can be: not there. */
		{"[{*} ]{action} ({src_ip} {x_ip}|{*} {src_ip} {x_ip})", ADDRESS, "A D 1.1.1.1 2.2.2.2",
		 "{\"type\":\"address-mapping\",\"event\":1,\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2.2\"}"},
		{"{x_ip} for {src_ip}", ADDRESS, "2.2.2.2 for 1.1.1.1", both},
	};
	(void)state;
	CHECK_CASES(cases);
}

/* A way that is taken back leaves nothing behind. */
static void takes_back_what_a_way_set(void **state)
{
	static const struct template_case cases[] = {
		{"{src_ip} {x_ip}[ {protocol} {vrf_id}:{subscriber}!][ {*}]", PORT, "1.1.1.1 2.2.2.2 17 a:b",
		 "{\"type\":\"port-mapping\",\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2.2\"}"},
		{"({src_ip}:{src_port}|{src_ip}) {x_ip}", PORT, "1.1.1.1:53 2.2.2.2",
		 "{\"type\":\"port-mapping\",\"src_ip\":\"1.1.1.1\",\"src_port\":53,\"x_ip\":\"2.2.2.2\"}"},
		{"({src_ip}:{src_port}|{src_ip}) {x_ip}", PORT, "1::1:53 2.2.2.2",
		 "{\"type\":\"port-mapping\",\"src_ip\":\"1::1\",\"src_port\":53,\"x_ip\":\"2.2.2.2\"}"},
		{"({src_ip}:{src_port}|{src_ip}) {x_ip}", PORT, "1::1 2.2.2.2",
		 "{\"type\":\"port-mapping\",\"src_ip\":\"1::1\",\"x_ip\":\"2.2.2.2\"}"},
		{"{*} (a {protocol}|b {action}) {src_ip} {x_ip}", PORT, "- b A 9 a 6 1.1.1.1 2.2.2.2",
		 "{\"type\":\"port-mapping\",\"protocol\":6,\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2.2\"}"},
		{"[{vrf_id}: ]{src_ip} {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", ADDRESS_OF("1.1.1.1", "2.2.2.2")},
		{"[{vrf_id}: ]{src_ip} {x_ip}", ADDRESS, "red: 1.1.1.1 2.2.2.2",
		 "{\"type\":\"address-mapping\",\"vrf_id\":\"red\",\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2."
		 "2\"}"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void ends_texts_where_the_next_begins(void **state)
{
	static const struct template_case cases[] = {
		/* a text ends at the first blank where a blank may follow it: "0 6" is no VRF */
		{"{vrf_id} {src_ip} {x_ip}", ADDRESS, "a b c 1.1.1.1 2.2.2.2", NULL},
		{"{action} VRF {vrf_id} INT {src_ip} {x_ip}", ADDRESS, "A VRF 0 6 INT 1.1.1.1 2.2.2.2", NULL},
		{"{src_ip} {x_ip} \"{subscriber}\" {*}", ADDRESS, "1.1.1.1 2.2.2.2 \"a b\" c",
		 "{\"type\":\"address-mapping\",\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2.2\","
		 "\"subscriber\":\"a b\"}"},
		{"{src_ip} {x_ip} {vrf_id}[ by {subscriber}]", ADDRESS, "1.1.1.1 2.2.2.2 a by c by d",
		 "{\"type\":\"address-mapping\",\"vrf_id\":\"a\",\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2.2\","
		 "\"subscriber\":\"c by d\"}"},
		{"{src_ip} {x_ip} {vrf_id}[ by {subscriber}]", ADDRESS, "1.1.1.1 2.2.2.2 a or b", NULL},
		{"{src_ip} {x_ip} {vrf_id}(;|,){*}", ADDRESS, "1.1.1.1 2.2.2.2 a,b;c",
		 "{\"type\":\"address-mapping\",\"vrf_id\":\"a\",\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2."
		 "2\"}"},
		{"{src_ip} {x_ip} sub={subscriber},{*}", ADDRESS, "1.1.1.1 2.2.2.2 sub=,x", NULL},
		{"{src_ip} {x_ip} sub={subscriber},{*}", ADDRESS, "1.1.1.1 2.2.2.2 sub= a,x", NULL},
		{"{src_ip} {x_ip} sub={subscriber} {*}", ADDRESS, "1.1.1.1 2.2.2.2 sub=   a x", NULL},
		{"{src_ip} {x_ip} ({host_name})", ADDRESS, "1.1.1.1 2.2.2.2 (r4)",
		 "{\"type\":\"address-mapping\",\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2.2\",\"host_name\":\"("
		 "r4)\"}"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void leaves_other_fields_alone(void **state)
{
	struct template *t = must_compile("[{timestamp} ]{src_ip} {x_ip}", ADDRESS);
	static const char text[] = "Mar 29 15:20:00 1.1.1.1 2.2.2.2";
	struct event ev;
	(void)state;
	event_clear(&ev);
	ev.timestamp = 42;
	ev.event = ACTION_UPDATED;
	assert_true(template_match(t, text, strlen(text), 0, &ev, NULL));
	assert_int_equal(ev.timestamp, 42); /* a time without year does not hide the envelope's */
	assert_int_equal(ev.event, ACTION_UPDATED);
	assert_int_equal(ev.src_ip.family, 4);
	template_free(t);
}

static void tells_spans_and_offsets(void **state)
{
	static const char text[] = "A VRF red INT 10.0.0.1 EXT 100.64.0.1";
	struct template *t = must_compile(NFWARE_ADDRESS, ADDRESS);
	struct field_span spans[8];
	struct event ev;
	(void)state;
	assert_int_equal(template_spans(t, text, strlen(text), spans, 8), 4);
	static const struct field_span expect[] = {{FIELD_event, 0, 1},
						   {FIELD_vrf_id, 6, 3},
						   {FIELD_src_ip, 14, 8},
						   {FIELD_x_ip, 27, 10}};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(spans[i].field, expect[i].field);
		assert_int_equal(spans[i].off, expect[i].off);
		assert_int_equal(spans[i].len, expect[i].len);
	}
	assert_int_equal(template_spans(t, text, strlen(text), spans, 2), 2);
	assert_int_equal(template_spans(t, text, 5, spans, 8), 0);
	event_clear(&ev);
	assert_true(template_match(t, text, strlen(text), 1000, &ev, NULL));
	assert_int_equal(ev.vrf_id.off, 1006);
	assert_int_equal(ev.vrf_id.len, 3);
	assert_true((template_always(t) >> FIELD_x_ip & 1) != 0);
	assert_false((template_always(t) >> FIELD_src_port & 1) != 0);
	template_free(t);
	t = must_compile("{x_ip} {src_ip} {action}", ADDRESS);
	assert_int_equal(template_spans(t, "1::1 2::2 A", 11, spans, 8), 3);
	assert_int_equal(spans[0].field, FIELD_x_ip);
	assert_int_equal(spans[1].field, FIELD_src_ip);
	assert_int_equal(spans[2].field, FIELD_event);
	template_free(t);
	t = must_compile("({src_ip} {x_ip} {action}|{x_ip} {src_ip}[ {vrf_id}])", ADDRESS);
	assert_true((template_always(t) >> FIELD_x_ip & 1) != 0);
	assert_false((template_always(t) >> FIELD_event & 1) != 0);
	assert_false((template_always(t) >> FIELD_vrf_id & 1) != 0);
	template_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_nfware),
		cmocka_unit_test(reads_a10),
		cmocka_unit_test(reads_others),
		cmocka_unit_test(reads_blanks_and_brackets),
		cmocka_unit_test(takes_back_what_a_way_set),
		cmocka_unit_test(ends_texts_where_the_next_begins),
		cmocka_unit_test(leaves_other_fields_alone),
		cmocka_unit_test(tells_spans_and_offsets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
