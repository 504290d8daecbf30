/* SPDX-License-Identifier: Apache-2.0
 *
 * The field table, the names of types, and the rules every event must keep; see event.h. The checks
 * run for every event, so the usual case is a few comparisons of bit masks. Nothing is allocated.
 */
#include "event/event.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

#define TIME_MAX_US INT64_C(253402300799999999) /* end of the year 9999 */
#define BIT(f) (UINT32_C(1) << (f))

_Static_assert(FIELD_COUNT <= 32, "the masks of fields are 32 bits wide");

const struct field_info event_fields[FIELD_COUNT] = {
#define X(name, kind, required, allowed, help)                                                           \
	[FIELD_##name] = {#name, KIND_##kind, required, allowed, (uint16_t)offsetof(struct event, name), \
			  help},
	EVENT_FIELDS(X)
#undef X
};

static const struct {
	const char *json;
	const char *script;
} type_names[EVENT_TYPE_COUNT] = {
#define X(name, json, script) [EVENT_##name] = {json, script},
	EVENT_TYPES(X)
#undef X
};

int event_field_of(const char *name, size_t n)
{
	for (int f = 0; f < FIELD_COUNT; f++)
		if (strlen(event_fields[f].name) == n && memcmp(event_fields[f].name, name, n) == 0)
			return f;
	return -1;
}

const char *event_type_json(int type)
{
	return type >= 0 && type < EVENT_TYPE_COUNT ? type_names[type].json : NULL;
}

const char *event_type_script(int type)
{
	return type >= 0 && type < EVENT_TYPE_COUNT ? type_names[type].script : NULL;
}

int event_type_of(const char *script_name)
{
	for (int t = 0; t < EVENT_TYPE_COUNT; t++)
		if (strcmp(type_names[t].script, script_name) == 0)
			return t;
	return -1;
}

/* How each kind says "absent". */
#define NOTHING_TIME EVENT_NO_TIME
#define NOTHING_IP ((struct ip){0})
#define NOTHING_ACTION EVENT_ABSENT
#define NOTHING_PROTOCOL EVENT_ABSENT
#define NOTHING_PORT EVENT_ABSENT
#define NOTHING_TEXT ((struct text){0})

#define HAS_TIME(v) ((v) != EVENT_NO_TIME)
#define HAS_IP(v) ((v).family != 0)
#define HAS_ACTION(v) ((v) != EVENT_ABSENT)
#define HAS_PROTOCOL(v) ((v) != EVENT_ABSENT)
#define HAS_PORT(v) ((v) != EVENT_ABSENT)
#define HAS_TEXT(v) ((v).len != 0)

void event_clear(struct event *ev)
{
	static const struct event nothing = {
#define X(name, kind, required, allowed, help) .name = NOTHING_##kind,
		EVENT_FIELDS(X)
#undef X
			.type = EVENT_ABSENT,
	};
	*ev = nothing;
}

void event_unset(struct event *ev, enum event_field f)
{
	switch (f) {
#define X(name, kind, required, allowed, help) \
	case FIELD_##name:                     \
		ev->name = NOTHING_##kind;     \
		break;
		EVENT_FIELDS(X)
#undef X
	case FIELD_COUNT:
		break;
	}
}

/* Bits of the fields that are there. */
static inline uint32_t present(const struct event *ev)
{
	return 0
#define X(name, kind, required, allowed, help) | (uint32_t)HAS_##kind(ev->name) << FIELD_##name
		EVENT_FIELDS(X)
#undef X
			;
}

bool event_has(const struct event *ev, enum event_field f)
{
	switch (f) {
#define X(name, kind, required, allowed, help) \
	case FIELD_##name:                     \
		return HAS_##kind(ev->name);
		EVENT_FIELDS(X)
#undef X
	case FIELD_COUNT:
		break;
	}
	return false;
}

const char *event_text(struct text t, const char *arena, uint32_t arena_len)
{
	if (t.len == 0 || t.len > arena_len || t.off > arena_len - t.len)
		return NULL;
	return arena + t.off;
}

/* Masks of required and allowed fields by type; the compiler makes tables of them. */
#define REQUIRED_BIT(name, kind, required, allowed, help) | (uint32_t)((required) >> TYPE & 1) << FIELD_##name
#define ALLOWED_BIT(name, kind, required, allowed, help) | (uint32_t)((allowed) >> TYPE & 1) << FIELD_##name

static inline uint32_t required_in(int type)
{
	switch (type) {
#define X(name, json, script)                        \
	case EVENT_##name: {                         \
		enum { TYPE = EVENT_##name };        \
		return 0 EVENT_FIELDS(REQUIRED_BIT); \
	}
		EVENT_TYPES(X)
#undef X
	default:
		return 0;
	}
}

static inline uint32_t allowed_in(int type)
{
	switch (type) {
#define X(name, json, script)                       \
	case EVENT_##name: {                        \
		enum { TYPE = EVENT_##name };       \
		return 0 EVENT_FIELDS(ALLOWED_BIT); \
	}
		EVENT_TYPES(X)
#undef X
	default:
		return 0;
	}
}

/* True when all bytes are ASCII other than NUL: eight at a time, as texts are short but many. */
static bool plain_ascii(const char *s, size_t n)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	const uint64_t ones = UINT64_C(0x0101010101010101);
	while (n >= 8) {
		uint64_t w;
		memcpy(&w, s, 8);
		if (((w | (w - ones)) & high) != 0)
			return false;
		s += 8;
		n -= 8;
	}
	for (size_t i = 0; i < n; i++)
		if ((signed char)s[i] <= 0)
			return false;
	return true;
}

static int check_text(const char *name, struct text t, const char *arena, uint32_t arena_len, struct err *e)
{
	const char *s = event_text(t, arena, arena_len);
	if (s == NULL)
		return err_set(e, ERR_DATA, "%s lies outside of the texts of its batch", name);
	if (t.len > EVENT_TEXT_MAX)
		return err_set(e, ERR_DATA, "%s is %" PRIu32 " bytes long; %d are allowed", name, t.len,
			       EVENT_TEXT_MAX);
	if (plain_ascii(s, t.len))
		return 0;
	if (memchr(s, '\0', t.len) != NULL)
		return err_set(e, ERR_DATA, "%s contains a NUL byte", name);
	if (!utf8_valid(s, t.len))
		return err_set(e, ERR_DATA, "%s is not valid UTF-8", name);
	return 0;
}

static int check_number(const char *name, int32_t v, int32_t min, int32_t max, struct err *e)
{
	if (v == EVENT_ABSENT || (v >= min && v <= max))
		return 0;
	return err_set(e, ERR_DATA, "%s %" PRId32 " is not in %" PRId32 "..%" PRId32, name, v, min, max);
}

static int check_ip(const char *name, const struct ip *ip, struct err *e)
{
	if (ip->family == 0 || ip->family == 4 || ip->family == 6)
		return 0;
	return err_set(e, ERR_DATA, "%s has the unknown address family %u", name, (unsigned)ip->family);
}

static int check_time(const char *name, int64_t us, struct err *e)
{
	if (us == EVENT_NO_TIME || (us >= 0 && us <= TIME_MAX_US))
		return 0;
	return err_set(e, ERR_DATA, "%s lies outside of the years 1970 to 9999", name);
}

#define CHECK_TIME(name) check_time(#name, ev->name, e)
#define CHECK_IP(name) check_ip(#name, &ev->name, e)
#define CHECK_ACTION(name) check_number(#name, ev->name, ACTION_CREATED, ACTION_UPDATED, e)
#define CHECK_PROTOCOL(name) check_number(#name, ev->name, 0, 255, e)
#define CHECK_PORT(name) check_number(#name, ev->name, 0, 65535, e)
#define CHECK_TEXT(name) (ev->name.len == 0 ? 0 : check_text(#name, ev->name, arena, arena_len, e))

static const char *first_name(uint32_t fields)
{
	return event_fields[__builtin_ctz(fields)].name;
}

/* "an address-mapping", "a port-mapping". */
static const char *article(const char *noun)
{
	return strchr("aeiou", noun[0]) != NULL ? "an" : "a";
}

/* 0.0.0.0 or ::, as devices print an address that is not there. */
static bool names_nobody(const struct ip *ip)
{
	static const uint8_t none[sizeof ip->bytes];
	return memcmp(ip->bytes, none, sizeof none) == 0;
}

bool event_untranslated(const struct event *ev)
{
	if (names_nobody(&ev->x_ip))
		return true;
	if (ev->x_ip.family != ev->src_ip.family ||
	    memcmp(ev->x_ip.bytes, ev->src_ip.bytes, sizeof ev->x_ip.bytes) != 0)
		return false;
	return ev->src_port < 0 || ev->x_port < 0 || ev->src_port == ev->x_port;
}

int event_validate(const struct event *ev, const char *arena, uint32_t arena_len, bool need_host_time,
		   struct err *e)
{
	const char *type = event_type_json(ev->type);
	if (type == NULL)
		return err_set(e, ERR_DATA, "the event has no type");
	uint32_t have = present(ev);
	uint32_t need = required_in(ev->type);
	if (!need_host_time)
		need &= ~(BIT(FIELD_host) | BIT(FIELD_timestamp));
	if ((need & ~have) != 0)
		return err_set(e, ERR_DATA, "%s is missing", first_name(need & ~have));
	uint32_t excess = have & ~allowed_in(ev->type);
	if (excess != 0)
		return err_set(e, ERR_DATA, "%s is not allowed in %s %s", first_name(excess), article(type),
			       type);
#define X(name, kind, required, allowed, help) \
	if (CHECK_##kind(name) != 0)           \
		return -1;
	EVENT_FIELDS(X)
#undef X
	if (names_nobody(&ev->x_ip))
		return err_set(e, ERR_DATA, "x_ip is %s: no public address",
			       ev->x_ip.family == 4 ? "0.0.0.0" : "::");
	if (ev->start_port > ev->end_port)
		return err_set(e, ERR_DATA, "start_port %" PRId32 " is above end_port %" PRId32,
			       ev->start_port, ev->end_port);
	return 0;
}
