/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of the old outputs; see migrate_output_rows.h.
 */
#include "cli/migrate_output_rows.h"

#include <stddef.h>

#define OWN "natmill sees to it itself, and delivery rests on it"

const struct migrate_row migrate_timescale_rows[] = {
	{.old = "address", .as = MIGRATE_PART, .required = true},
	{.old = "port", .as = MIGRATE_COUNT, .required = true},
	{.old = "username", .as = MIGRATE_PART, .required = true},
	{.old = "password", .as = MIGRATE_SECRET, .new = "password", .required = true},
	{.old = "database", .as = MIGRATE_PART},
	{.old = "batch_size",
	 .as = MIGRATE_DROPPED,
	 .why = "a batch is one transaction and one COPY a table; its size is batch.messages"},
	{0},
};

const struct migrate_row migrate_http_rows[] = {
	{.old = "url", .as = MIGRATE_PART, .required = true},
	{.old = "timeout", .as = MIGRATE_SECONDS, .new = "timeout"},
	{.old = "headers", .as = MIGRATE_BRANCH},
	{0},
};

/* kafka-python's names for what librdkafka calls otherwise. */
static const struct migrate_row producer_rows[] = {
	{.old = "security_protocol", .as = MIGRATE_TEXT, .new = "properties/security.protocol"},
	{.old = "sasl_mechanism", .as = MIGRATE_TEXT, .new = "properties/sasl.mechanism"},
	{.old = "sasl_plain_username", .as = MIGRATE_TEXT, .new = "properties/sasl.username"},
	{.old = "sasl_plain_password", .as = MIGRATE_SECRET, .new = "properties/sasl.password"},
	{.old = "ssl_cafile", .as = MIGRATE_TEXT, .new = "properties/ssl.ca.location"},
	{.old = "ssl_certfile", .as = MIGRATE_TEXT, .new = "properties/ssl.certificate.location"},
	{.old = "ssl_keyfile", .as = MIGRATE_TEXT, .new = "properties/ssl.key.location"},
	{.old = "ssl_password", .as = MIGRATE_SECRET, .new = "properties/ssl.key.password"},
	{.old = "ssl_ciphers", .as = MIGRATE_TEXT, .new = "properties/ssl.cipher.suites"},
	{.old = "ssl_check_hostname",
	 .as = MIGRATE_DROPPED,
	 .why = "the certificate's name is always checked; properties: "
		"ssl.endpoint.identification.algorithm: "
		"none takes that away"},
	{.old = "client_id", .as = MIGRATE_TEXT, .new = "properties/client.id"},
	{.old = "compression_type", .as = MIGRATE_TEXT, .new = "properties/compression.type"},
	{.old = "linger_ms", .as = MIGRATE_NUMBER, .new = "properties/linger.ms"},
	{.old = "batch_size", .as = MIGRATE_NUMBER, .new = "properties/batch.size"},
	{.old = "max_request_size", .as = MIGRATE_NUMBER, .new = "properties/message.max.bytes"},
	{.old = "request_timeout_ms", .as = MIGRATE_NUMBER, .new = "properties/request.timeout.ms"},
	{.old = "retry_backoff_ms", .as = MIGRATE_NUMBER, .new = "properties/retry.backoff.ms"},
	{.old = "reconnect_backoff_ms", .as = MIGRATE_NUMBER, .new = "properties/reconnect.backoff.ms"},
	{.old = "reconnect_backoff_max_ms",
	 .as = MIGRATE_NUMBER,
	 .new = "properties/reconnect.backoff.max.ms"},
	{.old = "connections_max_idle_ms", .as = MIGRATE_NUMBER, .new = "properties/connections.max.idle.ms"},
	{.old = "send_buffer_bytes", .as = MIGRATE_NUMBER, .new = "properties/socket.send.buffer.bytes"},
	{.old = "receive_buffer_bytes",
	 .as = MIGRATE_NUMBER,
	 .new = "properties/socket.receive.buffer.bytes"},
	{.old = "acks", .as = MIGRATE_DROPPED, .why = OWN},
	{.old = "retries", .as = MIGRATE_DROPPED, .why = OWN},
	{.old = "enable_idempotence", .as = MIGRATE_DROPPED, .why = OWN},
	{.old = "transactional_id", .as = MIGRATE_DROPPED, .why = OWN},
	{.old = "transaction_timeout_ms", .as = MIGRATE_DROPPED, .why = OWN},
	{.old = "max_in_flight_requests_per_connection", .as = MIGRATE_DROPPED, .why = OWN},
	{.old = "buffer_memory", .as = MIGRATE_DROPPED, .why = "the option memory is the budget of all"},
	{.old = "value_serializer", .as = MIGRATE_DROPPED, .why = "events are JSON"},
	{.old = "key_serializer", .as = MIGRATE_DROPPED, .why = "keys are texts"},
	{.old = "api_version", .as = MIGRATE_SILENT},
	{.old = "api_version_auto_timeout_ms", .as = MIGRATE_SILENT},
	{.old = "metadata_max_age_ms", .as = MIGRATE_SILENT},
	{.old = "max_block_ms", .as = MIGRATE_SILENT},
	{0},
};

const struct migrate_row migrate_kafka_rows[] = {
	{.old = "bootstrap_servers", .as = MIGRATE_TEXTS, .new = "brokers", .required = true},
	{.old = "topic", .as = MIGRATE_TEXT, .new = "topic"},
	{.old = "default_topic", .as = MIGRATE_PART},
	{.old = "topic_event_map", .as = MIGRATE_MAP, .new = "topic_event_map"},
	{.old = "key_field", .as = MIGRATE_TEXT, .new = "key_field"},
	{.old = "producer_extra_config", .as = MIGRATE_ROWS, .rows = producer_rows},
	{0},
};

/* redis-py's. */
static const struct migrate_row redis_extra_rows[] = {
	{.old = "db", .as = MIGRATE_NUMBER, .new = "database"},
	{.old = "username", .as = MIGRATE_TEXT, .new = "user"},
	{.old = "password", .as = MIGRATE_SECRET, .new = "password"},
	{.old = "ssl", .as = MIGRATE_FLAG, .new = "tls"},
	{.old = "ssl_ca_certs", .as = MIGRATE_TEXT, .new = "tls_ca"},
	{.old = "ssl_certfile", .as = MIGRATE_TEXT, .new = "tls_certificate"},
	{.old = "ssl_keyfile", .as = MIGRATE_TEXT, .new = "tls_key"},
	{.old = "ssl_cert_reqs", .as = MIGRATE_DROPPED, .why = "with tls the certificate is always checked"},
	{.old = "ssl_check_hostname",
	 .as = MIGRATE_DROPPED,
	 .why = "with tls the name is always checked; tls_server_name says which it must be"},
	{.old = "socket_timeout", .as = MIGRATE_SECONDS, .new = "timeout"},
	{.old = "socket_connect_timeout", .as = MIGRATE_SECONDS, .new = "connect_timeout"},
	{.old = "unix_socket_path", .as = MIGRATE_PART},
	{.old = "client_name", .as = MIGRATE_SILENT},
	{.old = "decode_responses", .as = MIGRATE_SILENT},
	{.old = "encoding", .as = MIGRATE_SILENT},
	{.old = "health_check_interval", .as = MIGRATE_SILENT},
	{.old = "max_connections", .as = MIGRATE_SILENT},
	{.old = "protocol", .as = MIGRATE_SILENT},
	{.old = "retry_on_timeout", .as = MIGRATE_SILENT},
	{.old = "socket_keepalive", .as = MIGRATE_SILENT},
	{0},
};

const struct migrate_row migrate_redis_rows[] = {
	{.old = "host", .as = MIGRATE_PART, .required = true},
	{.old = "port", .as = MIGRATE_COUNT},
	{.old = "key_field", .as = MIGRATE_TEXT, .new = "key_field"},
	{.old = "key_ttl", .as = MIGRATE_NUMBER, .new = "key_ttl"},
	{.old = "key_event_map", .as = MIGRATE_MAP, .new = "key_prefixes"},
	{.old = "redis_extra_config", .as = MIGRATE_ROWS, .rows = redis_extra_rows},
	{0},
};

/* py-amqp's. */
static const struct migrate_row amqp_extra_rows[] = {
	{.old = "ssl", .as = MIGRATE_BRANCH},
	{.old = "heartbeat", .as = MIGRATE_SECONDS, .new = "heartbeat"},
	{.old = "connect_timeout", .as = MIGRATE_SECONDS, .new = "connect_timeout"},
	{.old = "read_timeout", .as = MIGRATE_SECONDS, .new = "timeout"},
	{.old = "write_timeout", .as = MIGRATE_SILENT},
	{.old = "confirm_publish", .as = MIGRATE_SILENT},
	{.old = "client_properties", .as = MIGRATE_SILENT},
	{.old = "locale", .as = MIGRATE_SILENT},
	{.old = "socket_settings", .as = MIGRATE_SILENT},
	{.old = "login_method",
	 .as = MIGRATE_DROPPED,
	 .why = "natmill logs in with user and password (PLAIN)"},
	{0},
};

const struct migrate_row migrate_amqp_tls_rows[] = {
	{.old = "ca_certs", .as = MIGRATE_TEXT, .new = "tls_ca"},
	{.old = "certfile", .as = MIGRATE_TEXT, .new = "tls_certificate"},
	{.old = "keyfile", .as = MIGRATE_TEXT, .new = "tls_key"},
	{.old = "cert_reqs", .as = MIGRATE_DROPPED, .why = "with tls the certificate is always checked"},
	{0},
};

const struct migrate_row migrate_amqp_rows[] = {
	{.old = "host", .as = MIGRATE_PART, .required = true},
	{.old = "port", .as = MIGRATE_COUNT},
	{.old = "virtual_host", .as = MIGRATE_TEXT, .new = "virtual_host"},
	{.old = "username", .as = MIGRATE_TEXT, .new = "user"},
	{.old = "password", .as = MIGRATE_SECRET, .new = "password"},
	{.old = "exchange", .as = MIGRATE_TEXT, .new = "exchange"},
	{.old = "exchange_type", .as = MIGRATE_TEXT, .new = "exchange_type"},
	{.old = "routing_key", .as = MIGRATE_PART},
	{.old = "default_routing_key", .as = MIGRATE_PART},
	{.old = "routing_key_event_map", .as = MIGRATE_MAP, .new = "routing_keys"},
	{.old = "connection_extra_config", .as = MIGRATE_ROWS, .rows = amqp_extra_rows},
	{0},
};

const struct migrate_row migrate_influx_rows[] = {
	{.old = "address", .as = MIGRATE_PART, .required = true},
	{.old = "port", .as = MIGRATE_COUNT, .required = true},
	{.old = "database", .as = MIGRATE_TEXT, .new = "database"},
	{.old = "username", .as = MIGRATE_TEXT, .new = "user"},
	{.old = "password", .as = MIGRATE_SECRET, .new = "password"},
	{0},
};

const struct migrate_row migrate_blackhole_rows[] = {{0}};
