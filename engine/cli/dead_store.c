/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds where a configuration keeps dead letters: in an output's database, or in a store apart; see dead.h.
 */
#include "cli/commands.h"
#include "cli/dead.h"
#include "cli/registry.h"

/* Which types of outputs can be a keeper, for messages. */
static void add_keepers(struct strbuf *out)
{
	size_t n = 0;
	for (size_t i = 0; registry_outputs[i] != NULL; i++)
		if (registry_outputs[i]->dead_note != NULL)
			strbuf_printf(out, "%s%s", n++ > 0 ? " or " : "", registry_outputs[i]->name);
}

static int refuse(const struct sink_config *apart)
{
	struct strbuf types = {0};
	struct err e;
	add_keepers(&types);
	if (apart == NULL)
		err_set(&e, ERR_CONFIG, "the configuration keeps no dead letters");
	else
		err_set(&e, ERR_CONFIG,
			"dead letters are kept in the store `%s`, and no output can note which of them came "
			"back in the transaction that stores their events: that needs one of type %s; "
			"without it "
			"send them round again with `natmill dead export`, as docs/dead-letters.md tells",
			apart->type->name, types.data);
	strbuf_free(&types);
	return cli_fail(&e);
}

int dead_find_stores(struct dead_stores *s, const struct loaded_config *c, bool replay)
{
	const struct sink_config *order[OUTPUTS_MAX];
	*s = (struct dead_stores){0};
	int place = sinks_order(c->sinks, c->sink_count, order);
	if (place >= 0 && order[place]->type->dead_remove == NULL)
		s->apart = *order[place];
	for (size_t i = 0; i < c->sink_count; i++)
		if (s->apart.type == NULL || c->sinks[i].type->takes_events)
			s->outputs[s->output_count++] = c->sinks[i];
	place = sinks_order(s->outputs, s->output_count, order);
	if (place >= 0 && order[place]->type->dead_note != NULL)
		s->keeper = *order[place];
	bool enough = s->keeper.type != NULL || (s->apart.type != NULL && !replay);
	return enough ? 0 : refuse(s->apart.type != NULL ? &s->apart : NULL);
}
