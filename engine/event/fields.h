/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of event types, actions and fields. The struct, the names that scripts use, JSON
 * keys, columns, validation and the reference page all come from these rows: an event field is one
 * row here. Order of EVENT_FIELDS = order of the JSON keys. No includes: any layer may read it.
 */
#ifndef NATMILL_EVENT_FIELDS_H
#define NATMILL_EVENT_FIELDS_H

/* constant, name in JSON, name in scripts and of the database table */
#define EVENT_TYPES(X)                                            \
	X(SESSION, "session-mapping", "session_mapping")          \
	X(PORT, "port-mapping", "port_mapping")                   \
	X(PORT_BLOCK, "port-block-mapping", "port_block_mapping") \
	X(ADDRESS, "address-mapping", "address_mapping")

/* constant, number in JSON and databases, name in scripts */
#define EVENT_ACTIONS(X)         \
	X(CREATED, 1, "created") \
	X(DELETED, 2, "deleted") \
	X(UPDATED, 3, "updated")

/* Sets of types for the columns "required" and "allowed" below. */
#define EVENT_IN_SESSION 1
#define EVENT_IN_PORT 2
#define EVENT_IN_BLOCK 4
#define EVENT_IN_ADDRESS 8
#define EVENT_IN_NONE 0
#define EVENT_IN_ALL 15
#define EVENT_IN_FLOW 3 /* session and port */

/* Kinds: TIME int64 microseconds since 1970 UTC; IP struct ip; ACTION, PROTOCOL (0..255), PORT
 * (0..65535) int32; TEXT struct text.
 * name, kind, required in, allowed in (includes required), what it is */
#define EVENT_FIELDS(X)                                                                              \
	X(timestamp, TIME, EVENT_IN_ALL, EVENT_IN_ALL, "time of the event, UTC")                     \
	X(host, IP, EVENT_IN_ALL, EVENT_IN_ALL, "address of the NAT device")                         \
	X(event, ACTION, EVENT_IN_ALL, EVENT_IN_ALL, "what happened: created, deleted or updated")   \
	X(vrf_id, TEXT, EVENT_IN_NONE, EVENT_IN_ALL, "VRF, partition, VDOM or route domain")         \
	X(protocol, PROTOCOL, EVENT_IN_NONE, EVENT_IN_FLOW, "IP protocol number or name")            \
	X(src_ip, IP, EVENT_IN_ALL, EVENT_IN_ALL, "inside address")                                  \
	X(src_port, PORT, EVENT_IN_NONE, EVENT_IN_FLOW, "inside port")                               \
	X(x_ip, IP, EVENT_IN_ALL, EVENT_IN_ALL, "outside (public) address")                          \
	X(x_port, PORT, EVENT_IN_NONE, EVENT_IN_FLOW, "outside port")                                \
	X(dst_ip, IP, EVENT_IN_NONE, EVENT_IN_SESSION, "destination address")                        \
	X(dst_port, PORT, EVENT_IN_NONE, EVENT_IN_SESSION, "destination port")                       \
	X(start_port, PORT, EVENT_IN_BLOCK, EVENT_IN_BLOCK, "first port of the block")               \
	X(end_port, PORT, EVENT_IN_BLOCK, EVENT_IN_BLOCK, "last port of the block")                  \
	X(host_name, TEXT, EVENT_IN_NONE, EVENT_IN_ALL, "name that header or line gives the device") \
	X(subscriber, TEXT, EVENT_IN_NONE, EVENT_IN_ALL, "RADIUS user, MSISDN or other subscriber id")

#endif
