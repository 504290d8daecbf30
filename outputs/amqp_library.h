/* SPDX-License-Identifier: Apache-2.0
 *
 * The headers of librabbitmq, which 0.12 has moved: Debian 12 has them at the old place, Debian 13 at the new
 * one, with a warning at the old. Included by who uses the library.
 */
#ifndef NATMILL_OUTPUTS_AMQP_LIBRARY_H
#define NATMILL_OUTPUTS_AMQP_LIBRARY_H

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#endif
