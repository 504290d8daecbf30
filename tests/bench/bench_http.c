/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick of the row kafka-http: bodies from a file, posted by libcurl's easy interface over as many
 * connections as natmill has workers, a thread each, until so many events are sent. bench_http URL FILE
 * EVENTS CONNECTIONS; the file has for each body a line "EVENTS BYTES" and the bytes. Prints one JSON object.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/strbuf.h"

#define BODIES_MAX 4096
#define CONNECTIONS_MAX 64

struct body {
	long events;
	size_t len;
	char *data;
};

static struct body bodies[BODIES_MAX];
static size_t body_count;
static const char *url;
static long wanted;
static atomic_long taken;
static atomic_size_t turn;

static void read_bodies(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[64];
	while (file != NULL && body_count < BODIES_MAX && fgets(line, sizeof line, file) != NULL) {
		struct body *b = &bodies[body_count++];
		char *end;
		b->events = strtol(line, &end, 10);
		b->len = strtoul(end, NULL, 10);
		b->data = xmalloc(b->len);
		if (b->events <= 0 || fread(b->data, 1, b->len, file) != b->len)
			exit(2);
	}
	if (body_count == 0)
		exit(2);
	fclose(file);
}

static void *post(void *arg)
{
	CURL *easy = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	(void)arg;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	while (atomic_load(&taken) < wanted) {
		const struct body *b = &bodies[atomic_fetch_add(&turn, 1) % body_count];
		long status = 0;
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)b->len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, b->data);
		CURLcode rc = curl_easy_perform(easy);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		if (rc != CURLE_OK || status != 204) {
			fprintf(stderr, "bench_http: %s, status %ld\n", curl_easy_strerror(rc), status);
			exit(3);
		}
		atomic_fetch_add(&taken, b->events);
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(easy);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[CONNECTIONS_MAX];
	if (argc != 5)
		return 2;
	url = argv[1];
	read_bodies(argv[2]);
	wanted = strtol(argv[3], NULL, 10);
	long connections = strtol(argv[4], NULL, 10);
	if (connections < 1 || connections > CONNECTIONS_MAX)
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int64_t start = clock_mono_us();
	for (long i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, post, NULL) != 0)
			return 3;
	for (long i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	double seconds = (double)(clock_mono_us() - start) / 1e6;
	printf("{\"events\":%ld,\"seconds\":%.3f}\n", atomic_load(&taken), seconds);
	for (size_t i = 0; i < body_count; i++)
		free(bodies[i].data);
	curl_global_cleanup();
	return 0;
}
