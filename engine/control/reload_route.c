/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks for a reload and waits for its outcome; see reload_route.h.
 */
#include "control/reload_route.h"

#include "control/engine.h"
#include "control/reload.h"

#define LOOK_MS 200 /* how soon it is noticed that the client has left */

void reload_answer(struct request *r, void *context)
{
	struct reload *reload = engine_reload(context);
	struct strbuf text = {0};
	enum reload_outcome outcome = RELOAD_UNDER_WAY;
	uint64_t ticket = reload != NULL ? reload_ask(reload) : 0;
	while (reload != NULL && outcome == RELOAD_UNDER_WAY && !request_gone(r))
		outcome = reload_outcome(reload, ticket, LOOK_MS, &text);
	if (outcome == RELOAD_UNDER_WAY) {
		request_status(r, 503);
		request_printf(r, "natmill %s\n", reload == NULL ? "knows no reload here" : "ends");
	} else {
		request_status(r, outcome == RELOAD_DONE ? 200 : 409);
		request_write(r, text.data, text.len);
	}
	strbuf_free(&text);
}
