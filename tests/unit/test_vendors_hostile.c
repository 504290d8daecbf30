/* SPDX-License-Identifier: Apache-2.0
 *
 * Every sample of every shipped script, broken in many ways (mutate.h): each broken line gives events, an
 * ignore or a dead letter, the same with and without JIT, and never a wrong event. What is wrong is decided
 * by the line alone. Blanks and line ends change nothing. In all other cases an event must be one of those
 * that the whole sample gives, but that
 *   - a field may be absent when the cut took its text away,
 *   - a field may hold what stands at the very end of a cut line: `...:443` cut to `...:44` is a port, too,
 * and no format that ends in a value can tell; a time may lose no more than its fraction,
 *   - a field may hold the text that was put in its place, when that is a value of its type,
 *   - what the header of the line said (time, host, name) may be absent when something was put in,
 *   - a byte in the name of a key makes it none, so another rule may read the line: a field may be absent
 * then, and addresses and ports must stand in the line as words. Where a format cannot tell otherwise, the
 * case stands in known[] with its reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/vendor_help.h"
#include "tests/unit/mutate.h"

#include "script/walk.h"

/* How an event differs from the one of the whole sample. */
enum difference {
	GONE,    /* a field is absent though its text stands in the line */
	WRONG,   /* a field holds what nobody put there */
	BECAME,  /* another type of event; the field is the type it was */
	APPEARS, /* an event although the whole sample gives none */
	UNREAD,  /* the action does not come from the line's words */
};

static const char *const difference_names[] = {"gone", "wrong", "became", "appears", "unread"};

static const struct known {
	const char *vendor;
	enum mutation kind;
	enum difference difference;
	const char *what; /* the field, or the type that it was */
	const char *why;
} known[] = {
	{"6wind", RANGE, WRONG, "dst_ip", "NAT64: without an IPv4 destination the IPv6 one counts"},
	{"juniper", RANGE, WRONG, "dst_ip", "NAT64: without an IPv4 destination the IPv6 one counts"},
	{"6wind", FAMILY, WRONG, "dst_ip", "an IPv6 destination is NAT64's only if the inside is IPv6"},
	{"6wind", FAMILY, WRONG, "dst_port", "an IPv6 destination is NAT64's only if the inside is IPv6"},
	{"cisco-iosxe", BYTES, WRONG, "vrf_id", "a device writes control bytes behind the number"},
	{"cisco-iosxe", TRAILING, WRONG, "vrf_id",
	 "the VRF may be missing, and a relay writes dots behind it"},
	{"f5", CUT, BECAME, "session_mapping", "the destination is optional and stands at the end"},
	{"f5", RANGE, GONE, "src_port", "2001:db8::10:1e3 is an address without port"},
	{"f5", RANGE, WRONG, "src_ip", "2001:db8::10:1e3 is an address without port"},
	{"fortinet", BYTES, WRONG, "event", "accept ends a session unless logid says that it goes on"},
	{"juniper", BYTES, WRONG, "protocol",
	 "older lines have no types of rules, and names may be any text"},
	{"h3c", UNKNOWN, UNREAD, "event", "the words `Aged for` tell the end, whatever number stands before"},
	{"juniper", BYTES, WRONG, "timestamp", "without the key of the time that of the header holds"},
	{"juniper", FAMILY, WRONG, "dst_ip", "which destination counts depends on its family"},
	{"juniper", FAMILY, WRONG, "dst_port", "which destination counts depends on its family"},
	{"mikrotik", BYTES, WRONG, "event", "a rule without connection-state logs new connections"},
	{"nokia", UNKNOWN, UNREAD, "event", "Map and Free have rules of their own"},
	{"nfware", CUT, BECAME, "port_block_mapping", "a block without its ports is an address mapping"},
	{"nfware", CUT, BECAME, "session_mapping", "a session without its destination is a port mapping"},
};

#define KNOWN_COUNT (sizeof known / sizeof *known)

static struct {
	bool seen[KNOWN_COUNT];
	size_t unknown;
	struct strbuf told; /* complaints told already, so that each is told once */
} all;

struct complaint {
	enum difference difference;
	const char *what;
};

struct complaints {
	struct complaint items[FIELD_COUNT + 2];
	size_t count;
};

/* What is compared: an event of a broken line, and the sample's events, which are the first of the batch. */
struct trial {
	const struct vendor *vendor;
	const struct mutants *mutants;
	const struct batch *batch;
	uint32_t originals;
};

static const struct mutant *mutant_of(const struct trial *t, const struct event *ev)
{
	return &t->mutants->items[ev->message];
}

static bool is_known(const char *vendor, enum mutation kind, const struct complaint *c)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		if (strcmp(known[i].vendor, vendor) == 0 && known[i].kind == kind &&
		    known[i].difference == c->difference && strcmp(known[i].what, c->what) == 0) {
			all.seen[i] = true;
			return true;
		}
	return false;
}

/* Once for each kind of complaint about a vendor; at most a screen of them in all. */
static void tell(const struct trial *t, const struct mutant *m, const struct event *ev,
		 const struct complaint *c)
{
	char key[160];
	struct strbuf shown = {0};
	if (is_known(t->vendor->name, m->kind, c))
		return;
	snprintf(key, sizeof key, "{\"%s\", %s, %s, \"%s\"}", t->vendor->name, mutation_names[m->kind],
		 difference_names[c->difference], c->what);
	all.unknown++;
	if (all.told.len > 0 && strstr(all.told.data, key) != NULL)
		return;
	strbuf_adds(&all.told, key);
	strbuf_add_json(&shown, t->mutants->text.data + m->off, m->len);
	if (ev != NULL) {
		strbuf_adds(&shown, "\n    ");
		event_json(ev, t->batch->arena.data, t->batch->arena.len, &shown);
	}
	print_error("%s, sample in line %zu:\n    %s\n", key, t->mutants->sample->line, shown.data);
	strbuf_free(&shown);
}

static void complain(struct complaints *c, enum difference difference, const char *what)
{
	c->items[c->count++] = (struct complaint){difference, what};
}

/* Does the line end with the event's value? */
static bool at_the_end(const char *line, size_t n, const struct batch *b, const struct event *ev,
		       enum event_field f)
{
	char text[EVENT_TEXT_MAX + 1];
	struct ip ip;
	while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
		n--;
	size_t len = field_text(b, ev, f, text, sizeof text);
	if (len > 0 && len <= n && memcmp(line + n - len, text, len) == 0)
		return true;
	for (size_t at = 0; at < n && event_fields[f].kind == KIND_IP; at++)
		if (ip_parse(line + at, n - at, &ip) == 0)
			return memcmp((const char *)ev + event_fields[f].offset, &ip, sizeof ip) == 0;
	return false;
}

/* A field that the sample's event has and this one has not. */
static bool may_be_gone(const struct trial *t, const struct mutant *m, const struct event *original,
			enum event_field f)
{
	const struct sample *s = t->mutants->sample;
	char text[EVENT_TEXT_MAX + 1];
	if (m->kind == BYTES)
		return true;
	if (m->kind != CUT)
		return f == FIELD_timestamp || f == FIELD_host || f == FIELD_host_name;
	size_t len = field_text(t->batch, original, f, text, sizeof text);
	return len == 0 || f == FIELD_protocol ||
	       count_tokens(s->value, m->len, text, len) < count_tokens(s->value, s->len, text, len);
}

/* May the field hold this value, because it was put into the line? */
static bool was_put(const struct trial *t, const struct mutant *m, const struct event *ev, enum event_field f)
{
	char text[EVENT_TEXT_MAX + 1];
	size_t len = field_text(t->batch, ev, f, text, sizeof text);
	if (m->put == NULL || len == 0 || m->kind == TRAILING)
		return false;
	if (event_fields[f].kind == KIND_TEXT)
		return m->kind != BYTES && strstr(text, m->put) != NULL;
	return (m->kind == FAMILY || m->kind == RANGE) && strcmp(text, m->put) == 0;
}

static bool stands_there(const struct trial *t, const struct mutant *m, const struct event *ev,
			 enum event_field f)
{
	char text[EVENT_TEXT_MAX + 1];
	size_t len = field_text(t->batch, ev, f, text, sizeof text);
	bool kind = event_fields[f].kind == KIND_IP || event_fields[f].kind == KIND_PORT;
	return kind && count_tokens(t->mutants->text.data + m->off, m->len, text, len) > 0;
}

/* May the broken line's event have another value than the sample's? */
static bool may_differ(const struct trial *t, const struct mutant *m, const struct event *ev,
		       const struct event *original, enum event_field f)
{
	if (m->kind == BYTES)
		return stands_there(t, m, ev, f);
	if (m->kind != CUT)
		return was_put(t, m, ev, f);
	if (f == FIELD_timestamp && event_has(original, f))
		return original->timestamp - ev->timestamp < 1000000 && original->timestamp > ev->timestamp;
	return event_has(original, f) && at_the_end(t->mutants->text.data + m->off, m->len, t->batch, ev, f);
}

static void compare_field(const struct trial *t, const struct event *ev, const struct event *original,
			  enum event_field f, struct complaints *c)
{
	const struct mutant *m = mutant_of(t, ev);
	const char *name = event_fields[f].name;
	if (same_field(t->batch, ev, t->batch, original, f))
		return;
	if (!event_has(ev, f)) {
		if (!may_be_gone(t, m, original, f))
			complain(c, GONE, name);
		return;
	}
	if (!may_differ(t, m, ev, original, f))
		complain(c, WRONG, name);
}

static struct complaints compare(const struct trial *t, const struct event *ev, const struct event *original)
{
	struct complaints c = {0};
	if (ev->type != original->type && mutant_of(t, ev)->kind != BYTES)
		complain(&c, BECAME, event_type_script(original->type));
	for (int f = 0; f < FIELD_COUNT; f++)
		compare_field(t, ev, original, (enum event_field)f, &c);
	if (mutant_of(t, ev)->kind == UNKNOWN && c.count == 0)
		complain(&c, UNREAD, "event");
	return c;
}

/* Of a sample without events: an ignored line stays so unless it was cut (`x_port` cut is another port). What
 * was dead may become right, but each address and port must stand in the line. */
static struct complaints without_original(const struct trial *t, const struct event *ev)
{
	const struct mutant *m = mutant_of(t, ev);
	struct complaints c = {0};
	for (int f = FIELD_src_ip; f <= FIELD_end_port; f++)
		if (event_has(ev, (enum event_field)f) && !stands_there(t, m, ev, (enum event_field)f))
			complain(&c, WRONG, event_fields[f].name);
	if (t->mutants->sample->verdict == SAMPLE_IGNORED && m->kind != CUT)
		complain(&c, APPEARS, "event");
	return c;
}

/* Looks for the event of the sample that explains this one best. */
static void judge(const struct trial *t, const struct event *ev)
{
	struct complaints best = {.count = SIZE_MAX};
	if (t->originals == 0)
		best = without_original(t, ev);
	for (uint32_t i = 0; i < t->originals; i++) {
		struct complaints c = compare(t, ev, &t->batch->events[i]);
		if (c.count < best.count)
			best = c;
	}
	for (size_t i = 0; i < best.count; i++)
		tell(t, mutant_of(t, ev), ev, &best.items[i]);
}

/* The same events as the sample, in its order. */
static void judge_same(const struct trial *t, uint32_t first, uint32_t count, const struct mutant *m)
{
	const struct batch *b = t->batch;
	bool same = count == t->originals;
	for (uint32_t i = 0; same && i < count; i++)
		same = same_event(b, &b->events[first + i], b, &b->events[i]);
	if (!same)
		tell(t, m, count > 0 ? &b->events[first] : NULL, &(struct complaint){WRONG, "event"});
}

static void judge_all(struct trial *t)
{
	const struct batch *b = t->batch;
	uint32_t next = 0;
	for (uint32_t i = 0; i < b->message_count; i++) {
		const struct mutant *m = &t->mutants->items[i];
		uint32_t first = next;
		while (next < b->event_count && b->events[next].message == i)
			next++;
		if (i == 0)
			t->originals = next;
		else if (m->kind == BLANKS || m->kind == LINE_END)
			judge_same(t, first, next - first, m);
		else
			for (uint32_t k = first; k < next; k++)
				judge(t, &b->events[k]);
	}
	assert_int_equal(next, b->event_count);
}

static void break_sample(struct vendors *v, const struct vendor *vendor, const struct sample *s)
{
	static struct mutants m;
	struct batch *b = &v->batches[JIT_OFF];
	mutants_begin(&m, s);
	vendors_reset(v);
	vendor_add(v, vendor, s->value, s->len);
	vendors_run(v);
	for (uint32_t i = 0; i < b->event_count; i++)
		mutate_values(&m, b, &b->events[i]);
	mutate_cut(&m);
	mutate_bytes(&m);
	mutate_blanks(&m);
	mutate_trailing(&m);
	mutate_actions(&m, &v->hosts[JIT_OFF]->scripts[vendor->place].words);
	vendors_reset(v);
	for (size_t i = 0; i < m.count; i++)
		vendor_add(v, vendor, m.text.data + m.items[i].off, m.items[i].len);
	struct trial t = {.vendor = vendor, .mutants = &m, .batch = vendors_run(v)};
	judge_all(&t);
}

static void broken_samples(void **state)
{
	static struct vendors v;
	(void)state;
	vendors_load(&v);
	for (size_t i = 0; i < v.count; i++)
		for (size_t k = 0; k < v.items[i].samples.count; k++)
			break_sample(&v, &v.items[i], &v.items[i].samples.samples[k]);
	vendors_free(&v);
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		if (!all.seen[i]) {
			print_error("known, but never seen: %s, %s, %s, %s\n", known[i].vendor,
				    mutation_names[known[i].kind], difference_names[known[i].difference],
				    known[i].what);
			all.unknown++;
		}
	strbuf_free(&all.told);
	assert_int_equal(all.unknown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(broken_samples)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
