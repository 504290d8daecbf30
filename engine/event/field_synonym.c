/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of other words for fields; see field_synonym.h. By spelling alone nat_ip is nearest to dst_ip,
 * and who follows that advice stores the public address as the destination.
 */
#include "event/field_synonym.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Each word stands between blanks. */
static const struct {
	const char *field;
	const char *words;
} synonyms[] = {
	{"x_ip", " nat_ip public_ip outside_ip post_nat_ip translated_ip mapped_ip external_ip global_ip "
		 "ext_ip pub_ip "
		 "xlated_ip xlat_ip pool_ip nat_src_ip x_src_ip nat_address public_address outside_address "
		 "external_address mapped_address translated_address "},
	{"x_port",
	 " nat_port public_port outside_port post_nat_port translated_port mapped_port external_port "
	 "global_port ext_port pub_port xlated_port xlat_port nat_src_port x_src_port "},
	{"src_ip",
	 " inside_ip private_ip client_ip internal_ip int_ip priv_ip local_ip pre_nat_ip source_ip source "
	 "src saddr orig_ip real_ip customer_ip inside_address private_address source_address "
	 "internal_address "},
	{"src_port",
	 " inside_port private_port client_port internal_port int_port priv_port local_port pre_nat_port "
	 "source_port sport orig_port real_port "},
	{"dst_ip", " dest_ip destination_ip destination dest dst daddr remote_ip server_ip peer_ip "
		   "destination_address "},
	{"dst_port", " dport dest_port destination_port remote_port server_port peer_port "},
	{"start_port",
	 " first_port port_start low_port port_low min_port port_min from_port port_from lo_port "
	 "port_first "},
	{"end_port",
	 " last_port port_end high_port port_high max_port port_max to_port port_to hi_port port_last "},
	{"protocol", " proto ip_proto ip_protocol l4_proto transport "},
	{"vrf_id", " vrf vrf_name inside_vrf vdom partition route_domain "},
	{"subscriber", " user username user_name msisdn imsi subscriber_id customer "},
	{"timestamp", " time date datetime date_time ts epoch "},
	{"action", " event type_of_event operation status "},
	{"host_name", " device hostname device_name router nas "},
	{"host", " host_ip device_ip router_ip nas_ip "},
};

const char *field_synonym(const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
		const char *at = len > 0 ? synonyms[i].words + 1 : "";
		while (*at != '\0') {
			size_t one = strcspn(at, " ");
			if (one == len && strncasecmp(at, word, len) == 0)
				return synonyms[i].field;
			at += one + 1;
		}
	}
	return NULL;
}
