/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: what a rule leaves of its lines, so that nothing is dropped silently; see new_draft.h.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/new_draft.h"
#include "cli/new_form.h"
#include "event/guess_words.h"
#include "event/number.h"

#define LEFT_MAX 8        /* listed; of more the number is told */
#define LEFT_VALUE_MAX 40 /* bytes of a value shown */
#define VALUES_MAX 4      /* of a pair that may tell the action */
#define LABEL_TOKENS 3    /* a word so near in front of a value is its name */

/* A pair that the rule does not read, over all lines. */
struct rest {
	struct strbuf key;
	struct strbuf values[VALUES_MAX]; /* those that differ */
	size_t count;
	bool port;  /* all its values may be ports */
	bool words; /* all its values are words */
	bool many;  /* there are more */
	size_t lines;
};

struct rests {
	struct rest *items;
	size_t count;
};

/* Nothing that would end the comment; nor half a letter. */
static void add_shown(struct strbuf *out, const char *s, size_t n)
{
	bool cut = n > LEFT_VALUE_MAX;
	size_t len = cut ? LEFT_VALUE_MAX : n;
	while (cut && len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++)
		strbuf_addc(out, (unsigned char)s[i] < ' ' || s[i] == 0x7f ? ' ' : s[i]);
	if (cut)
		strbuf_adds(out, "...");
}

static void add_left(struct draft *d, struct new_piece label, struct new_piece value)
{
	if (d->left_count++ >= LEFT_MAX)
		return;
	if (d->left.len > 0)
		strbuf_adds(&d->left, ", ");
	if (label.n > 0) {
		if (d->form == READER_CSV)
			strbuf_adds(&d->left, "column ");
		strbuf_add(&d->left, label.s, label.n);
		strbuf_adds(&d->left, " (");
	}
	add_shown(&d->left, value.s, value.n);
	strbuf_adds(&d->left, label.n > 0 ? ")" : "");
}

static struct new_piece token_at(const struct draft *d, uint32_t token)
{
	const struct shape_token *t = &d->cluster->shape.tokens[token];
	return (struct new_piece){d->cluster->lines[0].text + t->off, t->len};
}

static bool is_mark_of(const struct draft *d, uint32_t token, const char *marks)
{
	return d->cluster->shape.tokens[token].kind == SHAPE_MARK &&
	       strchr(marks, *token_at(d, token).s) != NULL;
}

static bool is_skipped(const struct draft *d, uint32_t token)
{
	uint8_t kind = d->cluster->shape.tokens[token].kind;
	return d->guess.places[token].field == GUESS_SKIP && kind != SHAPE_BLANK && kind != SHAPE_MARK;
}

/* The same address stands somewhere else as a field. */
static bool is_repeated(const struct draft *d, uint32_t token)
{
	struct new_piece one = token_at(d, token);
	for (uint32_t i = 0; i < d->guess.count; i++) {
		struct new_piece other = token_at(d, i);
		if (d->guess.places[i].field >= 0 && one.n == other.n && memcmp(one.s, other.s, one.n) == 0)
			return d->cluster->shape.tokens[token].kind == SHAPE_ADDRESS;
	}
	return false;
}

static struct new_piece label_of(const struct draft *d, uint32_t token)
{
	for (uint32_t i = token; i > 0 && token - i < LABEL_TOKENS; i--) {
		uint8_t kind = d->cluster->shape.tokens[i - 1].kind;
		if (d->guess.places[i - 1].field >= 0)
			break;
		if (kind == SHAPE_WORD)
			return token_at(d, i - 1);
		if (kind != SHAPE_BLANK && kind != SHAPE_MARK)
			break;
	}
	return (struct new_piece){"", 0};
}

/* Of the tokens; parts that only marks join are one, as the template skips them. */
static void left_of_text(struct draft *d)
{
	for (uint32_t i = 0; i < d->guess.count; i++) {
		if (!is_skipped(d, i) || is_repeated(d, i))
			continue;
		uint32_t last = i;
		while (last + 2 < d->guess.count && is_mark_of(d, last + 1, "-./:_+") &&
		       is_skipped(d, last + 2))
			last += 2;
		struct new_piece value = token_at(d, i);
		struct new_piece end = token_at(d, last);
		value.n = (size_t)(end.s + end.n - value.s);
		add_left(d, label_of(d, i), value);
		i = last;
	}
}

static bool is_read(const struct draft *d, struct new_piece key)
{
	for (size_t i = 0; i < d->key_count; i++)
		if (d->keys[i].key.len == key.n && memcmp(d->keys[i].key.data, key.s, key.n) == 0)
			return true;
	return false;
}

/* Is a number in it that may be a port? Of an address, a time or 1.5 none is. */
static bool may_be_port(struct new_piece v)
{
	struct shape shape;
	shape_of(v.s, v.n, &shape);
	for (uint32_t i = 0; i < shape.count; i++) {
		const struct shape_token *t = &shape.tokens[i];
		int32_t value;
		if (t->kind == SHAPE_NUMBER &&
		    number_read(v.s + t->off, t->len, 5, PORT_MAX, &value) == t->len &&
		    (t->off == 0 || v.s[t->off - 1] != '.') &&
		    (t->off + t->len == v.n || v.s[t->off + t->len] != '.'))
			return true;
	}
	return false;
}

static bool is_words(struct new_piece v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((v.s[i] < 'a' || v.s[i] > 'z') && (v.s[i] < 'A' || v.s[i] > 'Z') &&
		    strchr(" -_", v.s[i]) == NULL)
			return false;
	return v.n > 0 && v.n <= VOCABULARY_WORD_MAX;
}

static void note(struct rests *all, const struct new_pair *p)
{
	struct rest *r = all->items;
	while (r < all->items + all->count &&
	       (r->key.len != p->key.n || memcmp(r->key.data, p->key.s, p->key.n) != 0))
		r++;
	if (r == all->items + NEW_PAIRS_MAX)
		return;
	if (r == all->items + all->count) {
		all->count++;
		*r = (struct rest){.port = true, .words = true};
		strbuf_add(&r->key, p->key.s, p->key.n);
	}
	r->port = r->port && may_be_port(p->value);
	r->words = r->words && is_words(p->value);
	r->lines++;
	for (size_t i = 0; i < r->count; i++)
		if (r->values[i].len == p->value.n && memcmp(r->values[i].data, p->value.s, p->value.n) == 0)
			return;
	r->many = r->many || r->count == VALUES_MAX;
	if (!r->many)
		strbuf_add(&r->values[r->count++], p->value.s, p->value.n);
}

static void collect(struct drafts *all, const struct draft *d, struct rests *out)
{
	const struct cluster *c = d->cluster;
	out->items = xcalloc(NEW_PAIRS_MAX, sizeof(struct rest));
	for (size_t k = 0; k < c->kept; k++) {
		struct envelope env;
		struct new_pairs p;
		if (draft_open(all, &c->lines[k], &env) != 0)
			continue;
		int form = new_pairs_cut(all->arena.data, &env, envelope_pairs(all->reader), &p);
		for (size_t i = form == READER_CEF ? NEW_CEF_HEADER : 0; i < p.count; i++) {
			struct new_pair one = {p.items[i].key, new_piece_trimmed(p.items[i].value)};
			if (one.key.n > 0 && one.value.n > 0 && !is_read(d, one.key))
				note(out, &one);
		}
	}
}

static void rests_free(struct rests *r)
{
	for (size_t i = 0; i < r->count; i++) {
		strbuf_free(&r->items[i].key);
		for (size_t k = 0; k < r->items[i].count; k++)
			strbuf_free(&r->items[i].values[k]);
	}
	free(r->items);
}

/* Where nothing tells the action, words that differ from line to line may: of the pair whose words are
 * fewest.
 */
static const struct rest *find_action(const struct draft *d, const struct rests *rests)
{
	const struct rest *best = NULL;
	if ((d->guess.doubts & DOUBT_ACTION) == 0 || d->key_count == DRAFT_KEYS_MAX)
		return NULL;
	for (uint32_t i = 0; i < d->guess.count; i++)
		if (d->guess.places[i].field == FIELD_event)
			return NULL;
	for (size_t i = 0; i < rests->count; i++) {
		const struct rest *r = &rests->items[i];
		if (r->words && !r->many && r->count > 1 && r->lines == d->cluster->kept &&
		    (best == NULL || r->count < best->count))
			best = r;
	}
	return best;
}

static void ask_action(struct drafts *all, struct draft *d, const struct rest *r)
{
	struct draft_key *k = &d->keys[d->key_count++];
	strbuf_add(&k->key, r->key.data, r->key.len);
	strbuf_adds(&k->text, "{action}");
	d->asks = true;
	for (size_t i = 0; i < r->count; i++)
		drafts_ask(all, r->values[i].data, r->values[i].len);
}

static void left_of_pairs(struct drafts *all, struct draft *d)
{
	struct rests rests = {0};
	bool port = false;
	collect(all, d, &rests);
	const struct rest *action = find_action(d, &rests);
	for (size_t i = 0; i < rests.count; i++) {
		const struct rest *r = &rests.items[i];
		port = port || r->port;
		if (r == action)
			continue;
		add_left(d, (struct new_piece){r->key.data, r->key.len},
			 (struct new_piece){r->values[0].data, r->values[0].len});
	}
	if (action != NULL)
		ask_action(all, d, action);
	if (port && (d->guess.doubts & DOUBT_ONE) == 0 && !guess_has_public_port(&d->guess))
		d->guess.doubts |= DOUBT_PORT;
	rests_free(&rests);
}

void draft_left(struct drafts *all, struct draft *d)
{
	if (d->guess.type == EVENT_ABSENT)
		return;
	if (d->form == FORM_TEXT)
		left_of_text(d);
	else
		left_of_pairs(all, d);
	if (d->left_count > LEFT_MAX)
		strbuf_printf(&d->left, " and %zu more", d->left_count - LEFT_MAX);
}

/* A word that can stand in a template as it is. */
static bool is_plain(const struct strbuf *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.0123456789";
	for (size_t i = 0; i < s->len; i++)
		if (s->data[i] == '\0' || strchr(plain, s->data[i]) == NULL)
			return false;
	return s->len > 0 && (unsigned char)s->data[0] > '9';
}

/* Does a line that has an address have the word, too? To ignore it would be too much. */
static bool is_elsewhere(const struct drafts *all, const struct draft *d, const struct strbuf *word)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct draft *other = &all->items[i];
		if (other == d || other->guess.type == EVENT_ABSENT)
			continue;
		for (size_t k = 0; k < other->cluster->kept; k++)
			if (memmem(other->cluster->lines[k].value, other->cluster->lines[k].value_len,
				   word->data, word->len) != NULL)
				return true;
	}
	return false;
}

bool draft_ignored(struct drafts *all, const struct draft *d, struct strbuf *key, struct strbuf *value)
{
	struct rests rests = {0};
	const struct rest *best = NULL;
	int best_rank = 0;
	collect(all, d, &rests);
	for (size_t i = 0; i < rests.count; i++) {
		const struct rest *r = &rests.items[i];
		if (r->count != 1 || r->many || r->lines < d->cluster->kept || !is_plain(&r->values[0]) ||
		    is_elsewhere(all, d, &r->values[0]))
			continue;
		int rank = (guess_hints(r->key.data, r->key.len) & HINT_ACTION) != 0 ? 2 : 1;
		if (rank <= best_rank || (rank == 1 && d->guess.type != EVENT_ABSENT))
			continue;
		best_rank = rank;
		best = r;
	}
	if (best != NULL) {
		strbuf_add(key, best->key.data, best->key.len);
		strbuf_add(value, best->values[0].data, best->values[0].len);
	}
	rests_free(&rests);
	return best != NULL;
}
