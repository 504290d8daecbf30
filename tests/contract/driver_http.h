/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `http` under test: for the contract's cases before a real nginx that keeps the bodies, for its
 * own cases before the scripted server.
 */
#ifndef NATMILL_TESTS_DRIVER_HTTP_H
#define NATMILL_TESTS_DRIVER_HTTP_H

#include "tests/contract/fixture.h"

extern const struct driver http_driver;

/* A fixture whose output sends to the scripted server at "/in?key=s3cret", after a reset to decide; timeout
 * is an option's text or NULL. */
struct fixture *http_fixture(const char *timeout);
void http_fixture_close(struct fixture *f);

/* Sets an option of the fixture from its text. */
void http_set(struct fixture *f, const char *name, const char *value);

/* The same, and makes the output anew with it. */
void http_option(struct fixture *f, const char *name, const char *value);

#endif
