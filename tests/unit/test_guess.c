/* SPDX-License-Identifier: Apache-2.0
 *
 * Guesses: which token is which field, and above all what is doubted rather than guessed wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/guess.h"
#include "event/guess_words.h"

#define LINES_MAX 10

/* The fields of a guess as text: what is mapped in braces, what is skipped as `*`, the rest as it stands. */
static void show(const struct cluster *c, const struct guess *g, struct strbuf *out)
{
	for (uint32_t i = 0; i < g->count; i++) {
		const struct shape_token *t = &c->shape.tokens[i];
		const struct guess_place *p = &g->places[i];
		const char *s = c->lines[0].text + t->off;
		if (p->field == GUESS_SKIP)
			strbuf_adds(out, "*");
		else if (p->field == GUESS_LITERAL)
			strbuf_printf(out, "%.*s", (int)t->len, s);
		else
			strbuf_printf(out, "%.*s{%s}", p->literal, s, event_fields[p->field].name);
	}
}

struct guessed {
	const char *lines[LINES_MAX];
	int type;
	unsigned doubts;
	const char *shown;
};

static const struct guessed all[] = {
	{{"nat open tcp 10.0.0.7:4000 as 203.0.113.9:1024 to 198.51.100.1:443"},
	 EVENT_SESSION,
	 0,
	 "nat {event} {protocol} {src_ip}:{src_port} as {x_ip}:{x_port} to {dst_ip}:{dst_port}"},
	/* Order does not matter where words tell. */
	{{"xl8 closed ext 203.0.113.9 port 1024 int 10.0.0.7 port 4000"},
	 EVENT_PORT,
	 0,
	 "xl8 {event} ext {x_ip} port {x_port} int {src_ip} port {src_port}"},
	{{"Built dynamic TCP translation from inside:10.0.0.7/4000 to outside:203.0.113.9/1024"},
	 EVENT_PORT,
	 0,
	 "{event} dynamic {protocol} translation from inside:{src_ip}/{src_port} to outside:{x_ip}/{x_port}"},
	/* A pair before and behind translation: what stands in the line twice is the destination. */
	{{"NAT-TCP-C: 100.64.0.1:40000<->8.8.8.8:443,203.0.113.9:1024<-->8.8.8.8:443",
	  "NAT-UDP-D: 100.64.0.2:40001<->8.8.4.4:443,203.0.113.9:1025<-->8.8.4.4:443"},
	 EVENT_SESSION,
	 0,
	 "NAT-{protocol}-{event}: {src_ip}:{src_port}<->{dst_ip}:{dst_port},{x_ip}:{x_port}<-->*:*"},
	{{"NAT PoolV2Allocated: [100.64.0.1 203.0.113.9 1024 1535]"},
	 EVENT_PORT_BLOCK,
	 0,
	 "NAT PoolV2{event}: [{src_ip} {x_ip} {start_port} {end_port}]"},
	{{"act=open src_ip=10.0.0.7 nat_ip=203.0.113.9 portbegin=1024 portend=1535"},
	 EVENT_PORT_BLOCK,
	 0,
	 "act={event} src_ip={src_ip} nat_ip={x_ip} portbegin={start_port} portend={end_port}"},
	{{"Mapped fd00::5#4000 to 203.0.113.9#1024 (UDP) for user bob"},
	 EVENT_PORT,
	 0,
	 "{event} {src_ip}#{src_port} to {x_ip}#{x_port} ({protocol}) for user {subscriber}"},
	{{"free vrf blue 17 10.0.0.7:4000 nat 203.0.113.9:1024 2026-01-02T03:04:05Z"},
	 EVENT_PORT,
	 0,
	 "{event} vrf {vrf_id} {protocol} {src_ip}:{src_port} nat {x_ip}:{x_port} {timestamp}"},
	/* Two numbers behind the last address are a block, whatever stands between them. */
	{{"pool assigned 10.0.0.7 203.0.113.9 ports <1024 thru 2047>"},
	 EVENT_PORT_BLOCK,
	 0,
	 "pool {event} {src_ip} {x_ip} ports <{start_port} thru {end_port}>"},
	{{"open src=10.0.0.7 nat=203.0.113.9 alpha=1024 omega=2047"},
	 EVENT_PORT_BLOCK,
	 0,
	 "{event} src={src_ip} nat={x_ip} alpha={start_port} omega={end_port}"},
	{{"nat open int 10.0.0.7 ext 203.0.113.9 1000 1999"},
	 EVENT_PORT_BLOCK,
	 DOUBT_PORT,
	 "nat {event} int {src_ip} ext {x_ip} {start_port} {end_port}"},
	/* Names in quotes are values. */
	{{"lease ended for user 'bob marley' int 10.0.0.7:4000 ext 203.0.113.9:2000 realm 'cust-9'",
	  "lease ended for user 'eve x' int 10.0.0.7:4000 ext 203.0.113.9:2000 realm 'b'"},
	 EVENT_PORT,
	 0,
	 "lease {event} for user '{subscriber}' int {src_ip}:{src_port} ext {x_ip}:{x_port} realm '*'"},
	/* A word that nobody knows may be the action, and is asked for. */
	{{"act=grab src=10.0.0.7 nat=203.0.113.9 nport=1024"},
	 EVENT_PORT,
	 DOUBT_ACTION,
	 "act={event} src={src_ip} nat={x_ip} nport={x_port}"},
	{{"ev=grab note=open src=10.0.0.7 nat=203.0.113.9 nport=1024"},
	 EVENT_PORT,
	 DOUBT_ACTION,
	 "ev={event} note=* src={src_ip} nat={x_ip} nport={x_port}"},
	{{"user=open link=up src=10.0.0.7 nat=203.0.113.9 nport=1024"},
	 EVENT_PORT,
	 DOUBT_ACTION,
	 "user={subscriber} link=* src={src_ip} nat={x_ip} nport={x_port}"},
	{{"nat int 10.0.0.7:4000 ext 203.0.113.9:1024 end user bob"},
	 EVENT_PORT,
	 DOUBT_ACTION,
	 "nat int {src_ip}:{src_port} ext {x_ip}:{x_port} end user {subscriber}"},
	{{"link up 10.0.0.7 nat 203.0.113.9 from 1024 up to 2047"},
	 EVENT_PORT_BLOCK,
	 DOUBT_ACTION,
	 "link up {src_ip} nat {x_ip} from {start_port} up to {end_port}"},
	{{"fan 3 ok"}, EVENT_ABSENT, 0, "fan * ok"},
	/* Doubts. */
	{{"nat open 10.0.0.7:4000 10.0.0.8:1024 10.0.0.9:8080"}, EVENT_SESSION, DOUBT_ADDRESS, NULL},
	{{"open 10.0.0.7 198.51.100.1"}, EVENT_ADDRESS, DOUBT_ADDRESS, NULL},
	{{"nat open 10.0.0.7:4000 198.51.100.1:443"}, EVENT_PORT, DOUBT_ADDRESS, NULL},
	{{"nat open inside:10.0.0.7/4000 outside:198.51.100.1/53"},
	 EVENT_PORT,
	 DOUBT_ADDRESS | DOUBT_PORT,
	 NULL},
	{{"nat 10.0.0.7:4000 203.0.113.9:1024"}, EVENT_PORT, DOUBT_ACTION, NULL},
	{{"nat open 10.0.0.7:4000 203.0.113.9:1024 closed"}, EVENT_PORT, DOUBT_ACTION, NULL},
	{{"nat open 10.0.0.7 203.0.113.9 4000 1024"}, EVENT_ADDRESS, DOUBT_PORT, NULL},
	{{"open block int 10.0.0.7 ext 203.0.113.9:1024"}, EVENT_PORT, DOUBT_PORT, NULL},
	{{"nat open int 10.0.0.7:70000 ext 203.0.113.9:1024"}, EVENT_PORT, DOUBT_PORT, NULL},
	{{"nat open int 10.0.0.7/4000 ext 203.0.113.9/70000"}, EVENT_PORT, DOUBT_PORT, NULL},
	{{"nat open 192.168.20.29 2001:db8::101"}, EVENT_ADDRESS, DOUBT_ADDRESS, NULL},
	{{"nat open int fd00::5:4000 ext 203.0.113.9:1024"}, EVENT_PORT, DOUBT_PORT, NULL},
	{{"act=open src=10.0.0.7 natsrc=203.0.113.9 natspt=70000"}, EVENT_ADDRESS, DOUBT_PORT, NULL},
	{{"act=open src=10.0.0.7 nat=203.0.113.9 natportstart=2047 natportend=1024"},
	 EVENT_ADDRESS,
	 DOUBT_PORT,
	 NULL},
	{{"open src=198.51.100.7 nat=192.168.10.20"}, EVENT_ADDRESS, DOUBT_ADDRESS, NULL},
	{{"open int 10.0.0.7:4000 ext 203.0.113.9:2000 dst 8.8.8.8:3 int 10.0.0.8:1 ext 203.0.113.8:2 dst "
	  "8.8.4.4:3"},
	 EVENT_SESSION,
	 DOUBT_ADDRESS,
	 NULL},
	{{"open outside:198.51.100.9/5123 inside:10.1.1.80/80 dst 203.0.113.80"},
	 EVENT_SESSION,
	 DOUBT_ADDRESS,
	 NULL},
	{{"session open 10.0.0.7"}, EVENT_ADDRESS, DOUBT_ONE, NULL},
	/* A number that is left over may be the public port, or tell that the port is a block's first. */
	{{"nat open int 10.0.0.7 ext 203.0.113.9 id 881"}, EVENT_ADDRESS, DOUBT_PORT, NULL},
	{{"nat open int 10.0.0.7 ext 203.0.113.9 id 77777"}, EVENT_ADDRESS, 0, NULL},
	{{"nat open int 10.0.0.7:4000 ext 203.0.113.9:2000 id 881"}, EVENT_PORT, 0, NULL},
	{{"nat open int 10.0.0.7 ext 203.0.113.9 port 1024 count 512"}, EVENT_PORT, DOUBT_PORT, NULL},
	{{"nat open int 10.0.0.7:1 ext 203.0.113.9:1024 size 512"}, EVENT_PORT, DOUBT_PORT, NULL},
	{{"nat open int 10.0.0.7 ext 203.0.113.9:2047 thru 1024"}, EVENT_PORT, DOUBT_PORT, NULL},
	{{"nat open int 10.0.0.7 ext 203.0.113.9 ports 1024-2047,4096-5119"},
	 EVENT_PORT_BLOCK,
	 DOUBT_PORT,
	 NULL},
	{{"nat not created int 10.0.0.7 ext 203.0.113.9"}, EVENT_ADDRESS, DOUBT_REFUSED, NULL},
	{{"nat open failed int 10.0.0.7 ext 203.0.113.9"}, EVENT_ADDRESS, DOUBT_REFUSED, NULL},
};

static void guesses_fields_and_doubts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct cluster_set *set = cluster_set_new(4);
		struct strbuf out = {0};
		struct guess g;
		for (const char *const *line = all[i].lines; *line != NULL; line++)
			cluster_add(set, 0, *line, strlen(*line), *line, strlen(*line));
		assert_int_equal(set->count, 1);
		guess_cluster(set->items[0], &g);
		show(set->items[0], &g, &out);
		if (g.type != all[i].type || g.doubts != all[i].doubts ||
		    (all[i].shown != NULL && out.data != NULL && strcmp(out.data, all[i].shown) != 0))
			fail_msg("type %d, doubts %x, %s\n of %s", g.type, g.doubts, out.data,
				 all[i].lines[0]);
		strbuf_free(&out);
		cluster_set_free(set);
	}
}

/* The time of a beginning is not that of the end; nor is one of two times. */
static void only_a_sure_time_is_taken(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool taken;
		bool no_zone;
	} times[] = {
		{"nat free int 10.0.0.7 ext 203.0.113.9 time=1782567026", true, false},
		{"nat free int 10.0.0.7 ext 203.0.113.9 at 2026-01-02 03:04:05", true, true},
		{"nat free int 10.0.0.7 ext 203.0.113.9 start-time=1782567026", false, false},
		{"nat free int 10.0.0.7 ext 203.0.113.9 id=1782567026", false, false},
		{"nat free int 10.0.0.7 ext 203.0.113.9 2026-01-02T03:04:05Z 2026-01-02T03:05:05Z", false,
		 false},
	};
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct cluster_set *set = cluster_set_new(4);
		struct guess g;
		bool taken = false;
		const char *s = times[i].line;
		cluster_add(set, 0, s, strlen(s), s, strlen(s));
		guess_cluster(set->items[0], &g);
		for (uint32_t k = 0; k < g.count; k++)
			taken = taken || g.places[k].field == FIELD_timestamp;
		assert_int_equal(taken, times[i].taken);
		assert_int_equal(g.no_zone, times[i].no_zone);
		assert_int_equal(g.doubts, 0);
		cluster_set_free(set);
	}
}

static unsigned hints(const char *word)
{
	return guess_hints(word, strlen(word));
}

static void words_hint(void **state)
{
	(void)state;
	assert_int_equal(hints("sourceTranslatedPort"), HINT_INSIDE | HINT_OUTSIDE | HINT_PORT);
	assert_int_equal(hints("srcip"), HINT_INSIDE);
	assert_int_equal(hints("DSTPORT"), HINT_DESTINATION | HINT_PORT);
	assert_int_equal(hints("important"), 0);
	assert_int_equal(hints("transport"), HINT_OUTSIDE | HINT_PORT); /* of Fortinet: the translated port */
	assert_int_equal(hints("report"), 0);
	assert_int_equal(hints(""), 0);
	assert_int_equal(hints("sourcesourcesourcesourcesourcesourcesource"), 0); /* too long for a word */
	assert_int_equal(guess_hints("subs\0ob", 7), 0); /* the end of a listed word */
}

static void words_name_actions(void **state)
{
	(void)state;
	size_t prefix;
	assert_int_equal(guess_action("OPEN", 4, &prefix), ACTION_CREATED);
	assert_int_equal(prefix, 0);
	assert_int_equal(guess_action("PoolV2Freed", 11, &prefix), ACTION_DELETED);
	assert_int_equal(prefix, 6);
	assert_int_equal(guess_action("interim", 7, &prefix), ACTION_UPDATED);
	assert_int_equal(guess_action("reopened", 8, &prefix), 0);
	assert_int_equal(guess_action("a", 1, &prefix), 0);
	assert_int_equal(guess_action("", 0, &prefix), 0);
	assert_int_equal(guess_action("add added", 9, &prefix), 0);
	assert_int_equal(guess_action("badd\0of no use", 15, &prefix), 0); /* the end of a list */
	assert_int_equal(guess_action_letter('A'), ACTION_CREATED);
	assert_int_equal(guess_action_letter('x'), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guesses_fields_and_doubts),
		cmocka_unit_test(only_a_sure_time_is_taken),
		cmocka_unit_test(words_hint),
		cmocka_unit_test(words_name_actions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
