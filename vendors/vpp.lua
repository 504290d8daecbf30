-- SPDX-License-Identifier: Apache-2.0
--
-- FD.io VPP (plugins/nat, nat_syslog.c) and others that follow draft-ietf-behave-syslog-nat-logging: RFC 5424 with
-- structured data. MSGID tells the event: sessions are added and deleted, or address and port mappings (APM). With a
-- destination it is a session. SVLAN is the number of VPP's table, not the name of a VRF, and is not taken. With
-- DS-Lite ISADDR is the address within the tunnel; the tunnel's own, SV6ENC, tells the subscriber.

local vpp = vendor "vpp"

vpp:topics  "cgnat.syslog.vpp"
vpp:actions { SADD = "created", SDEL = "deleted", APMADD = "created", APMDEL = "deleted" }

local MAPPING = { ISADDR = "{src_ip}", ISPORT = "{src_port}", XSADDR = "{x_ip}", XSPORT = "{x_port}",
                  PROTO = "{protocol}", SV6ENC = "[{subscriber}]" }

vpp:structured_data("session_mapping", { "{action}", MAPPING, XDADDR = "{dst_ip}", XDPORT = "{dst_port}" })
vpp:structured_data("port_mapping",    { "{action}", MAPPING, XDADDR = "" })

return vpp
