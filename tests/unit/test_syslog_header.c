/* SPDX-License-Identifier: Apache-2.0
 *
 * Syslog headers: the shapes that NAT devices and relays send (vendors' documents and public captures), what
 * is left as the text, and that a line without a header is left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/syslog_header.h"
#include "event/timeparse.h"
#include "guard.h"

/* NULL = the header does not say. A `|` in the line marks where the text begins. */
static const struct {
	const char *line;
	const char *time;
	const char *host;
	const char *name;
	const char *program;
} shapes[] = {
	/* RFC 5424 */
	{"<134>1 2025-05-02T11:34:56.5Z cgnat-1 nfware 12 - - |A VRF 0 INT 10.0.0.1",
	 "2025-05-02T11:34:56.500Z", NULL, "cgnat-1", "nfware"},
	{"<134>1 2025-05-02T11:34:56Z 192.0.2.1 - - - - \xef\xbb\xbf|A VRF 0", "2025-05-02T11:34:56Z",
	 "192.0.2.1", NULL, NULL},
	{"<134>1 2025-05-02T11:34:56Z 2001:db8::1 nfware - - -|", "2025-05-02T11:34:56Z", "2001:db8::1", NULL,
	 "nfware"},
	{"<134>1 - - - - - - |A VRF 0", NULL, NULL, NULL, NULL},
	{"<134>1 2019-01-20T23:43:41.087236Z 172.16.3.1 NAT 15634 |SADD [nsess SSUBIX=\"0\"]",
	 "2019-01-20T23:43:41.087236Z", "172.16.3.1", NULL, "NAT"},
	{"<14>1 2018-06-30T02:17:22.753Z fw0001 RT_FLOW - |RT_FLOW_SESSION_CLOSE [junos@2636 reason=\"x\"]",
	 "2018-06-30T02:17:22.753Z", NULL, "fw0001", "RT_FLOW"},
	{"<14>1 2013-01-19T15:18:17.040 SRX100HM RT_FLOW - |APPTRACK_SESSION_CREATE [junos@2636]", NULL, NULL,
	 "SRX100HM", "RT_FLOW"},
	/* what NAT444 devices send in its place */
	{"<134>1 2020 Jan 17 11:05:55 68.1.1.1 |test - NAT444:SessionbasedA [17 10.1.1.2]", NULL, "68.1.1.1",
	 NULL, NULL},
	{"1 2023 May 31 11:30:00 10.0.0.1 |- - NAT44 - [UserbasedA - 192.168.1.2]", NULL, "10.0.0.1", NULL,
	 NULL},
	{"<142> 1 1.1.1.1 2013 Nov 26 11:43:16 |FW 123 NAT444:SessionW 1320370756|1", NULL, "1.1.1.1", NULL,
	 NULL},
	{"<134> 1 2013 Nov 26 11:46:51 172.254.100.10 |FW NAT444:SessionW [6 10.22.24.13]", NULL,
	 "172.254.100.10", NULL, NULL},
	{"<134> 1 2026 Apr 14 18:54:19 PLAYLINK |- - NAT444:sessionbasedA [6 100.64.6.37]", NULL, NULL,
	 "PLAYLINK", NULL},
	{"<142> 1 10.199.199.22 Dec 28 16:16:01 2017 |FW 54 POLICY:Allow", NULL, "10.199.199.22", NULL, NULL},
	/* RFC 3164 and its relatives */
	{"<14>Jun 30 22:44:25 BNG-01 RT_NAT: |RT_SRC_NAT_PBA_ALLOC: Subscriber 100.64.60.74", NULL, NULL,
	 "BNG-01", "RT_NAT"},
	{"<23> Nov 18 09:56:58  INTERNET-ROUTER RT_FLOW: |RT_FLOW_SESSION_CREATE: session created", NULL,
	 NULL, "INTERNET-ROUTER", "RT_FLOW"},
	{"Dec 17 08:04:45 RT_FLOW: |RT_FLOW_SESSION_CREATE: session created", NULL, NULL, NULL, "RT_FLOW"},
	{"Jun 14 12:17:35 dut-vm fp-cgnat[2484]: |NEW CONN: fwd proto 6", NULL, NULL, "dut-vm", "fp-cgnat"},
	{"Jun 11 08:02:46 vrouter fp-cgnat-logd@main[4269]: |USER 2001:db8:200::1", NULL, NULL, "vrouter",
	 "fp-cgnat-logd@main"},
	{"Oct 16 14:15:54 gw ulogd[9441]: |[DESTROY] ORIG: SRC=100.64.0.9", NULL, NULL, "gw", "ulogd"},
	{"Oct 16 14:15:54 lothlorien |[DESTROY] ORIG: SRC=192.168.0.170", NULL, NULL, "lothlorien", NULL},
	{"Oct 10 2018 12:34:56 localhost CiscoASA[999]: |%ASA-6-305011: Built", NULL, NULL, "localhost",
	 "CiscoASA"},
	{"Mar 29 2023 15:20:00 UTC fw |%ASA-6-305011: Built", "2023-03-29T15:20:00Z", NULL, "fw", NULL},
	{"Aug 20 15:18:00 FROTHLY-FW1 |%ASA-6-305012: Teardown", NULL, NULL, "FROTHLY-FW1", NULL},
	{"<166>Oct 10 2018 12:34:56 fw-1 : |%ASA-6-305011: Built", NULL, NULL, "fw-1", NULL},
	{"<166>Oct 10 2018 12:34:56 fw-1: |%ASA-6-305011: Built", NULL, NULL, "fw-1", NULL},
	{"<166>Oct 10 2018 12:34:56 192.0.2.9: |%ASA-6-305011: Built", NULL, "192.0.2.9", NULL, NULL},
	{"Sep 23 15:43:55.562: |%IOSXE-6-PLATFORM: R0/0: cpp_cp", NULL, NULL, NULL, NULL},
	{"2026-07-19 16:13:02: |CGN-KTA{CGN_VRF0_LOG}[jservices-nat]: JSERVICES_NAT_PORT_BLOCK_ALLOC: "
	 "10.20.0.5",
	 NULL, NULL, NULL, NULL},
	{"Oct 30 21:46:04  graphite |(FPC Slot 2, PIC Slot 0) 2011-10-31 04:46:04 [FWNAT]:ASP_NAT_PORT", NULL,
	 NULL, "graphite", NULL},
	{"Oct 25 16:11:37 |(FPC Slot 3, PIC Slot 2) {svc_set}[FWNAT]: ASP_SFW_CREATE", NULL, NULL, NULL,
	 NULL},
	{"2025-05-02T11:34:56.87+00:00 10.254.254.57 |cgn0.thn2/cgn-demo  CEF:0|A10|CFW",
	 "2025-05-02T11:34:56.870Z", "10.254.254.57", NULL, NULL},
	{"2025-05-02T11:34:56.87+00:00 cgn0.thn2/cgn-demo  |CEF:0|A10|CFW", "2025-05-02T11:34:56.870Z", NULL,
	 "cgn0.thn2/cgn-demo", NULL},
	{"Jul  6 14:05:36 host |NAT:20260706140537 3e2d PortBatchV2Freed: [100.75.192.4", NULL, NULL, "host",
	 NULL},
	{"Jul  6 14:05:36 a10 |NAT-TCP-C: 100.64.23.122:40000<->8.8.8.8:443", NULL, NULL, "a10", NULL},
	{"Jul  6 14:05:36 mx |JSERVICES_SESSION_OPEN: application:icmp, ge-2/1/4.0", NULL, NULL, "mx", NULL},
	{"Jul  6 14:05:36 gw |CGNAT: PB_ALLOCATED subs-addr=100.64.0.9", NULL, NULL, "gw", NULL},
	{"Oct 5 23:29:33 172.16.200.26 |date=2022-10-06 time=02:29:32", NULL, "172.16.200.26", NULL, NULL},
	{"Nov 30 16:09:08 PA-220 |1,2018/11/30 16:09:07,0128", NULL, NULL, "PA-220", NULL},
	{"<190>2016-01-08 10:21:48 USG6000E |%%01SECLOG/6/SESSION_BUILT(l):IPVer=4", NULL, NULL, "USG6000E",
	 NULL},
	{"Jun 11 08:02:46 |onlyword", NULL, NULL, NULL, NULL},
	{"Dec 28 16:16:01 2017 FW |54 POLICY:Allow", NULL, NULL, "FW", NULL},
	{"Dec 28 16:16:01 |20171 FW 54 POLICY:Allow", NULL, NULL, NULL, NULL},
	{"<189>Oct 13 16:48:08 2000 HP |%%10SHELL/5/SHELL_LOGIN: x", NULL, NULL, "HP", NULL},
	/* routers and switches, with and without a header before their own */
	{"<14>123456789: HOSTNAME: May 21 12:00:01.123 gmt: |%IOSXE-6-PLATFORM: F0", NULL, NULL, "HOSTNAME",
	 NULL},
	{"<14>1: 000123: r1: .May 21 2026 12:00:01.123 gmt: |%IPNAT-6-CREATED: udp",
	 "2026-05-21T12:00:01.123Z", NULL, "r1", NULL},
	{"<14>1: 192.0.2.1: *May 21 2026 12:00:01 UTC: |%IPNAT-6-CREATED: udp", NULL, "192.0.2.1", NULL,
	 NULL},
	{"123: May 21 2026 12:00:01.123 EST: |%IPNAT-6-CREATED: udp", NULL, NULL, NULL, NULL},
	{"123: May 21 12:00:01.123: |%IPNAT-6-CREATED: udp", NULL, NULL, NULL, NULL},
	{"12:17:12.503: |%IPNAT-6-NAT_CREATED: Created tcp", NULL, NULL, NULL, NULL},
	{"<189>29: 1w2d: |%IPNAT-6-NAT_CREATED: Created tcp", NULL, NULL, NULL, NULL},
	{"*Mar  1 00:01:02.503: |%IPNAT-6-NAT_CREATED: Created tcp", NULL, NULL, NULL, NULL},
	{"<189>29: |%SYS-5-CONFIG_I: Configured", NULL, NULL, NULL, NULL},
	{"<166>fw-1: |%ASA-6-305011: Built", NULL, NULL, "fw-1", NULL},
	{"<189>May 21 12:00:02 192.0.2.1 123: *May 21 12:00:01.123: |%IPNAT-6-CREATED: udp", NULL,
	 "192.0.2.1", NULL, NULL},
	{"<189>2026-05-21T12:00:02Z relay 123: r1: May 21 2026 12:00:01.5 UTC: |%IPNAT-6-CREATED: udp",
	 "2026-05-21T12:00:01.500Z", NULL, "relay", NULL},
	{"<189>|text: with a colon: %and a percent sign", NULL, NULL, NULL, NULL},
	{"<189>|29: x y: %IPNAT-6-CREATED: udp", NULL, NULL, NULL, NULL},
	{"%@250005%Jul 7 04:20:04:72 2005 Sysname |USERLOG/7/NAT: ICMP; 192.168.1.6:768", NULL, NULL,
	 "Sysname", NULL},
	{"%Jun 26 17:08:35:809 2008 192.0.2.1 |SHELL/4/LOGIN: x", NULL, "192.0.2.1", NULL, NULL},
	/* a relay's header before the device's own */
	{"2026-07-19T16:13:02.123456+00:00 <158>2026-07-19 16:13:02: |CGN-KTA{V}[jservices-nat]: "
	 "JSERVICES_NAT",
	 "2026-07-19T16:13:02.123456Z", NULL, NULL, NULL},
	{"<13>Jun 11 08:02:46 relay app: <134>1 2025-05-02T11:34:56Z dev nat - - - |A VRF",
	 "2025-05-02T11:34:56Z", NULL, "dev", "nat"},
	{"<13>Jun 11 08:02:46 relay |<134>A VRF", NULL, NULL, "relay", NULL},
	/* PRI alone */
	{"<189>|date=2020-04-23 time=12:11:51", NULL, NULL, NULL, NULL},
	{"<0>|", NULL, NULL, NULL, NULL},
	{"<191> |x", NULL, NULL, NULL, NULL},
	{"<134>|1 nothing that fits", NULL, NULL, NULL, NULL},
};

static const char *const headless[] = {
	"",
	"A VRF 0 INT 10.0.0.1 EXT 100.64.0.1",
	"D VRF 0 17 INT 100.64.23.122:40000 EXT 194.15.97.34:40001",
	"test LSN_ADD 100.64.23.122%0:40000 6",
	"0|A10|ADC|6.0.7|CGN 102|Nat Session Created",
	"CEF:0|A10|CFW",
	"NAT-UDP-C: 100.100.100.100:10000 -> 150.150.150.150: 10000",
	"RT_FLOW - RT_FLOW_SESSION_CREATE [source",
	"RT_NAT: RT_SRC_NAT_SUBS_POOL_ALARM_RAISE: Subscriber",
	"{service_set_3}MSVCS_LOG_SESSION_OPEN: App:none",
	"JSERVICES_SESSION_OPEN: application:icmp, ge-2/1/4.0",
	"fp-cgnat[2484]: DESTROY CONN: fwd proto 1",
	"10.10.0.254:514 : local4.info %ASA-6-305011: Built",
	"%@250005%Jul 7 04:20:04:72 2005 Sysname",
	"%@25x%Jul 7 04:20:04:72 2005 Sysname USERLOG/7",
	"%ASA-6-305011: Built",
	"%%01SECLOG/6/SESSION_BUILT(l):IPVer=4",
	"*text: %ASA-6-305011: Built",
	"date=2018-12-27 time=11:07:55",
	"firewall,info pca-accept: pca-accept forward: in:3BEA VLAN",
	"[  312.493235] alpha 2015/4/8 16:13:2 (GMT) - Mapped",
	"<192>Jun 11 08:02:46 host x",
	"<>Jun 11",
	"<1",
	"<14",
	"<1x>Jun 11 08:02:46 host x",
	"< 14>x",
	"<0014>x",
	"Jun 11 08:02:46,123 host x",
	"1562092616 host x",
	"1 - - - - - - x",
	"1 10.0.0.1 10.0.0.2 x",
	"2015/4/8 16:13:2 host x",
	"Jun 31 08:02:46 host x",
};

static void text_is(const char *line, size_t at, size_t len, const char *expected)
{
	assert_int_equal(len, expected != NULL ? strlen(expected) : 0);
	if (expected != NULL)
		assert_memory_equal(line + at, expected, len);
}

/* The line without its mark; returns where the mark stood. */
static size_t unmark(const char *marked, char *line)
{
	size_t mark = (size_t)(strchr(marked, '|') - marked);
	memcpy(line, marked, mark);
	strcpy(line + mark, marked + mark + 1);
	return mark;
}

static void reads_every_shape(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		char line[200];
		char text[TIME_TEXT_MAX + IP_TEXT_MAX];
		struct syslog_header h;
		size_t mark = unmark(shapes[i].line, line);
		size_t used = syslog_header(line, strlen(line), TIME_ZONE_UNKNOWN, &h);
		if (used != mark)
			fail_msg("`%s`: text begins at `%s`", line, line + used);
		time_format(h.timestamp, text);
		assert_string_equal(text, shapes[i].time != NULL ? shapes[i].time : "");
		ip_format(&h.host, text);
		assert_string_equal(text, shapes[i].host != NULL ? shapes[i].host : "");
		text_is(line, h.host_name, h.host_name_len, shapes[i].name);
		text_is(line, h.program, h.program_len, shapes[i].program);
	}
}

static void leaves_other_lines_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headless / sizeof headless[0]; i++) {
		struct syslog_header h;
		if (syslog_header(headless[i], strlen(headless[i]), TIME_ZONE_UNKNOWN, &h) != 0)
			fail_msg("took something off `%s`", headless[i]);
		assert_true(h.timestamp == EVENT_NO_TIME);
		assert_int_equal(h.host.family, 0);
		assert_int_equal(h.host_name_len + h.program_len, 0);
	}
}

static void cut_everywhere(const char *line)
{
	for (size_t n = 0; n <= strlen(line); n++) {
		struct syslog_header h;
		size_t used = syslog_header(guard_end(line, n), n, TIME_ZONE_UNKNOWN, &h);
		assert_true(used <= n);
		assert_true(h.host_name + h.host_name_len <= n && h.program + h.program_len <= n);
		assert_int_equal(syslog_header(guard_begin(line, n), n, TIME_ZONE_UNKNOWN, &h), used);
	}
}

static void never_reads_beyond(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		char line[200];
		unmark(shapes[i].line, line);
		cut_everywhere(line);
	}
	for (size_t i = 0; i < sizeof headless / sizeof headless[0]; i++)
		cut_everywhere(headless[i]);
}

/* A year is still needed. */
static void takes_times_in_the_zone(void **state)
{
	(void)state;
	static const char *const lines[][2] = {
		{"<134>1 2013 Nov 26 13:43:16 10.0.0.1 FW 1 x", "2013-11-26T11:43:16Z"},
		{"<134>Nov 26 2013 13:43:16 10.0.0.1 x y", "2013-11-26T11:43:16Z"},
		{"<134>2013-11-26T13:43:16Z 10.0.0.1 x y", "2013-11-26T13:43:16Z"},
		{"<134>2013-11-26T13:43:16 10.0.0.1 x y", "2013-11-26T11:43:16Z"},
		{"<134>Nov 26 13:43:16 10.0.0.1 x y", ""},
		{"<134>Nov 26 13:43:16 2013 10.0.0.1 x y", "2013-11-26T11:43:16Z"},
		{"%@250005%Jul 7 04:20:04:72 2005 Sysname USERLOG/7/NAT: x", "2005-07-07T02:20:04.072Z"},
		{"%Jul 7 04:20:04:720 2005 Sysname USERLOG/7/NAT: x", "2005-07-07T02:20:04.720Z"},
		{"9: May 21 2026 12:00:01.5: %IPNAT-6-CREATED: udp", "2026-05-21T10:00:01.500Z"},
		{"9: May 21 2026 12:00:01.5 CET: %IPNAT-6-CREATED: udp", ""},
		{"9: *May 21 2026 12:00:01.5: %IPNAT-6-CREATED: udp", ""},
	};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct syslog_header h;
		char text[TIME_TEXT_MAX];
		assert_true(syslog_header(lines[i][0], strlen(lines[i][0]), 7200, &h) > 0);
		time_format(h.timestamp, text);
		assert_string_equal(text, lines[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_shape),
		cmocka_unit_test(takes_times_in_the_zone),
		cmocka_unit_test(leaves_other_lines_alone),
		cmocka_unit_test(never_reads_beyond),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
