/* SPDX-License-Identifier: Apache-2.0
 *
 * What the broker of the output `amqp` says at any time: confirms, messages that come back, that it is
 * blocked, that it closes the channel or the connection. Nothing here waits.
 */
#include "outputs/amqp.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static int take_close(struct amqp *s, const char *doing, const amqp_method_t *method, struct output_result *r)
{
	char text[200];
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		const amqp_channel_close_t *m = method->decoded;
		return amqp_closed(s, doing, m->reply_code, amqp_words(m->reply_text, text, sizeof text), r);
	}
	const amqp_connection_close_t *m = method->decoded;
	return amqp_closed(s, doing, m->reply_code, amqp_words(m->reply_text, text, sizeof text), r);
}

static void take_return(struct amqp *s, const amqp_basic_return_t *m)
{
	char text[64];
	char key[80];
	s->back = (struct amqp_back){.header = true};
	snprintf(s->back.why, sizeof s->back.why, "%s for routing key %s",
		 amqp_words(m->reply_text, text, sizeof text), amqp_words(m->routing_key, key, sizeof key));
}

static int take_method(struct amqp *s, const char *doing, const amqp_method_t *method,
		       struct output_result *r)
{
	const amqp_basic_ack_t *ack = method->decoded;
	const amqp_basic_nack_t *nack = method->decoded;
	const amqp_connection_blocked_t *blocked = method->decoded;
	switch (method->id) {
	case AMQP_BASIC_ACK_METHOD:
		amqp_settle(&s->run, ack->delivery_tag, ack->multiple, AMQP_ACKED);
		return 0;
	case AMQP_BASIC_NACK_METHOD:
		amqp_settle(&s->run, nack->delivery_tag, nack->multiple, AMQP_NACKED);
		return 0;
	case AMQP_BASIC_RETURN_METHOD:
		take_return(s, method->decoded);
		return 0;
	case AMQP_CONNECTION_BLOCKED_METHOD:
		s->blocked = true;
		amqp_words(blocked->reason, s->blocked_why, sizeof s->blocked_why);
		return 0;
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		s->blocked = false;
		return 0;
	case AMQP_CHANNEL_CLOSE_METHOD:
	case AMQP_CONNECTION_CLOSE_METHOD:
		return take_close(s, doing, method, r);
	default:
		return 0;
	}
}

static int take_frame(struct amqp *s, const char *doing, const amqp_frame_t *frame, struct output_result *r)
{
	const amqp_basic_properties_t *properties;
	switch (frame->frame_type) {
	case AMQP_FRAME_METHOD:
		return take_method(s, doing, &frame->payload.method, r);
	case AMQP_FRAME_HEADER:
		if (!s->back.header)
			return 0;
		properties = frame->payload.properties.decoded;
		s->back.header = false;
		if ((properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0)
			amqp_came_back(s, properties->message_id);
		return 0;
	default: /* bodies of what comes back, heartbeats */
		return 0;
	}
}

int amqp_listen(struct amqp *s, const char *doing, bool *heard, struct output_result *r)
{
	struct timeval at_once = {0, 0};
	amqp_frame_t frame;
	int status;
	*heard = false;
	while ((status = amqp_simple_wait_frame_noblock(s->conn, &frame, &at_once)) == AMQP_STATUS_OK) {
		*heard = true;
		if (take_frame(s, doing, &frame, r) != 0)
			return -1;
		amqp_maybe_release_buffers(s->conn);
	}
	return status == AMQP_STATUS_TIMEOUT ? 0 : amqp_failed(s, doing, status, r);
}
