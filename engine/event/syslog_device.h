/* SPDX-License-Identifier: Apache-2.0
 *
 * What routers and switches print in front of a mnemonic, instead of a syslog header or behind one; and
 * times with the year at their end. For syslog_header.c only. Nothing is allocated or copied.
 */
#ifndef NATMILL_EVENT_SYSLOG_DEVICE_H
#define NATMILL_EVENT_SYSLOG_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "event/syslog_header.h"

/* As time_read, and also `Mon d hh:mm:ss[.fff|:ms] YYYY` (Comware, DPtech). */
size_t syslog_time(const char *s, size_t n, int32_t zone_s, int64_t *us);

/* Where the text begins: behind one of these at at, else at itself.
 *
 *   [SEQ: ][SEQ: ][HOST: ][TIME[ ZONE]: ]%FACILITY-...   Cisco; the text begins at `%`. TIME may be a time of
 *                                                       day or an uptime
 *   %[@SEQ%]TIME HOST MODULE/...                        Comware (H3C, HP); the text begins at MODULE
 *
 * Adds host and time to out where out has none; a time of the device replaces one that out has. A time that
 * the device marks as not set (`*`) and one in a zone known by name only is none. */
size_t syslog_device(const char *s, size_t n, size_t at, int32_t zone_s, struct syslog_header *out);

#endif
