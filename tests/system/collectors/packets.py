# SPDX-License-Identifier: Apache-2.0
"""Packets as CGNAT devices send them, built from the RFCs: NetFlow v9 (RFC 3954) and IPFIX (RFC 7011) with NAT records
(RFC 8158), RADIUS accounting (RFC 2866)."""

import hashlib
import ipaddress
import struct

# IPFIX elements and their lengths, as IANA lists them.
ELEMENTS = {
    "protocol": (4, 1), "src_port": (7, 2), "src_ip": (8, 4), "dst_port": (11, 2), "dst_ip": (12, 4),
    "src_ip6": (27, 16), "dst_ip6": (28, 16), "x_ip": (225, 4), "x_dst_ip": (226, 4), "x_port": (227, 2),
    "x_dst_port": (228, 2), "realm": (229, 1), "nat_event": (230, 1), "vrf": (234, 4), "x_ip6": (281, 16),
    "x_dst_ip6": (282, 16), "pool": (283, 4), "time_ms": (323, 8), "port_start": (361, 2), "port_end": (362, 2),
    "port_step": (363, 2), "port_count": (364, 2), "quota": (466, 4),
}
NETFLOW_V9, IPFIX = 9, 10
UPTIME_MS = 1000000


def encode(value, length):
    if isinstance(value, str):
        value = int(ipaddress.ip_address(value))
    return value.to_bytes(length, "big")


class Exporter:
    """One observation domain of a device. packet() holds a template of its own and the records, all of one shape."""

    def __init__(self, version, domain=1):
        self.version = version
        self.domain = domain
        self.sequence = 0
        self.template = 255

    def packet(self, *records, time_s, templates=True):
        self.template += 1
        fields = list(records[0])
        sets = [self.template_set(fields)] if templates else []
        data = b"".join(encode(record[name], ELEMENTS[name][1]) for record in records for name in fields)
        sets.append(self.set(self.template, data))
        body = b"".join(sets)
        if self.version == NETFLOW_V9:
            self.sequence += 1
            return struct.pack("!HHIIII", 9, len(records) + templates, UPTIME_MS, time_s, self.sequence,
                               self.domain) + body
        self.sequence += len(records)
        return struct.pack("!HHIII", 10, 16 + len(body), time_s, self.sequence, self.domain) + body

    def template_set(self, fields):
        body = struct.pack("!HH", self.template, len(fields))
        body += b"".join(struct.pack("!HH", *ELEMENTS[name]) for name in fields)
        return self.set(0 if self.version == NETFLOW_V9 else 2, body)

    @staticmethod
    def set(number, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("!HH", number, 4 + len(body)) + body


ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 4, 5
ACCT_STATUS = {"Start": 1, "Stop": 2, "Interim-Update": 3, "Accounting-On": 7}
NFWARE, NOKIA, HUAWEI = 46576, 6527, 2011
# Standard attributes (RFC 2865, 2866, 2869).
NAS_IP_ADDRESS, FRAMED_IP_ADDRESS, USER_NAME, NAS_IDENTIFIER, ACCT_STATUS_TYPE, EVENT_TIMESTAMP = 4, 8, 1, 32, 40, 55
ACCT_SESSION_ID = 44
# NFWare's, by the order of their numbers from 1.
(PROTOCOL, INSIDE_ADDR, INSIDE_PORT, NAT_ADDR, NAT_PORT, DEST_ADDR, DEST_PORT, PORT_START, PORT_END, ACTION, DIRECTION,
 INSIDE_ADDR_64, VRF) = range(1, 14)


def attribute(number, value):
    """Numbers are 32 bits; an address is told by its text."""
    if isinstance(value, int):
        value = value.to_bytes(4, "big")
    elif isinstance(value, str):
        try:
            value = ipaddress.ip_address(value).packed
        except ValueError:
            value = value.encode()
    return bytes((number, 2 + len(value))) + value


def vendor_attribute(vendor, number, value):
    return attribute(26, vendor.to_bytes(4, "big") + attribute(number, value))


def accounting_request(identifier, attributes, secret):
    body = b"".join(attributes)
    head = struct.pack("!BBH", ACCOUNTING_REQUEST, identifier, 20 + len(body))
    return head + hashlib.md5(head + bytes(16) + body + secret).digest() + body


def is_answer(packet, request, secret):
    """An Accounting-Response to that request, by one who knows the secret."""
    if len(packet) < 20 or packet[0] != ACCOUNTING_RESPONSE or packet[1] != request[1]:
        return False
    return packet[4:20] == hashlib.md5(packet[:4] + request[4:20] + packet[20:] + secret).digest()
