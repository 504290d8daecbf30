/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: any text against patterns as vendors' scripts have them, and some that are a strain. Values lie
 * in the text, and the answer is the same twice. Corpus: corpus/regex/.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IPV4 "\\d+\\.\\d+\\.\\d+\\.\\d+"

static const struct {
	const char *pattern;
	int type;
} patterns[] = {
	{"^(?P<event>A|D) VRF (?P<vrf_id>\\d+) (?P<protocol>\\d+) INT (?P<src_ip>" IPV4
	 "):(?P<src_port>\\d+) EXT (?P<x_ip>" IPV4 "):(?P<x_port>\\d+) DST (?P<dst_ip>" IPV4
	 "):(?P<dst_port>\\d+)",
	 EVENT_SESSION},
	{"NAT-(?<protocol>\\w+)-(?<action>\\w): "
	 "(?<src_ip>[^:]*|.*?):(?<src_port>\\d+)\\s*(?:<-->|->)\\s*(?<x_ip>\\S+):\\s*"
	 "(?<x_port>\\d+)",
	 EVENT_PORT},
	{"(?<timestamp>.*?) (?<host_name>\\S*) .*?(?<subscriber>(?:\\w+,?)+)$", EVENT_ABSENT},
	{"(?J)in (?<src_ip>\\S+) out (?<x_ip>\\S+)|out (?<x_ip>\\S+) in (?<src_ip>\\S+)", EVENT_ADDRESS},
	{"(a+)+$", EVENT_ABSENT},
	{"(?<vrf_id>(?:.|\\n)*)\\K(?=x)", EVENT_ABSENT},
};

#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static struct regex *compiled[PATTERNS];
static struct regex_scratch *scratch;

static void must(int truth)
{
	if (!truth)
		abort();
}

static void compile_all(void)
{
	static struct vocabulary words;
	vocabulary_init(&words);
	words.zone_s = 0;
	vocabulary_add_action(&words, "A", "created", NULL);
	vocabulary_add_action(&words, "D", "deleted", NULL);
	scratch = regex_scratch_new();
	for (size_t i = 0; i < PATTERNS; i++)
		must((compiled[i] = regex_compile(patterns[i].pattern, strlen(patterns[i].pattern),
						  patterns[i].type, &words, NULL)) != NULL);
}

static enum regex_result run(const struct regex *r, const char *text, size_t n, struct event *ev)
{
	enum event_field bad = FIELD_COUNT;
	uint32_t pos = 0;
	event_clear(ev);
	enum regex_result result = regex_match(r, scratch, text, n, 0, ev, &bad, &pos);
	must(result != REGEX_BAD_VALUE || (bad < FIELD_COUNT && pos < n));
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (scratch == NULL)
		compile_all();
	char *text = malloc(size > 0 ? size : 1);
	if (size > 0)
		memcpy(text, data, size);
	for (size_t i = 0; i < PATTERNS; i++) {
		struct event first;
		struct event second;
		must(run(compiled[i], text, size, &first) == run(compiled[i], text, size, &second));
		must(first.type == second.type);
		for (enum event_field f = 0; f < FIELD_COUNT; f++)
			must(event_has(&first, f) == event_has(&second, f));
		must(first.vrf_id.off + first.vrf_id.len <= size);
	}
	free(text);
	return 0;
}
