/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP request at a time through libcurl and the engine's wait; see http_client.h. Nothing is followed,
 * repeated or decided here but when an answer is whole.
 */
#include "outputs/http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/strbuf.h"
#include "outputs/http_secrets.h"
#include "outputs/http_settings.h"

#define EVENTS_AT_ONCE 16
#define NO_TIMER INT64_MAX
#define RETRY_AFTER_MAX_S 300
#define WORDS_MAX 200

struct http_client {
	const struct http_settings *settings;
	const struct output_env *env;
	const char *scheme;
	char where[160];
	CURLM *multi;
	CURL *easy;
	int epoll;
	int64_t timer_ms;      /* when libcurl wants to be called without any descriptor */
	int64_t not_before_ms; /* the server wants no request until then */
	char error[CURL_ERROR_SIZE];
	struct http_secrets secrets;
	/* Of the answer under way. */
	struct http_answer *answer;
	size_t kept;
	bool head_whole; /* the empty line behind the headers has come */
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
	struct http_client *c = user;
	struct epoll_event ev = {.data.fd = fd};
	(void)easy;
	(void)of_socket;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	if (epoll_ctl(c->epoll, EPOLL_CTL_MOD, fd, &ev) == 0)
		return 0;
	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct http_client *c = user;
	(void)multi;
	c->timer_ms = timeout_ms < 0 ? NO_TIMER : clock_mono_ms() + timeout_ms;
	return 0;
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
	struct http_client *c = user;
	n *= size;
	if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
		c->head_whole = false; /* also behind a 100 Continue */
	else if (n > 0 && (line[0] == '\r' || line[0] == '\n'))
		c->head_whole = true;
	return n;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct http_client *c = user;
	size_t room = HTTP_BODY_KEPT - c->kept;
	n *= size;
	size_t take = n < room ? n : room;
	memcpy(c->answer->body + c->kept, data, take);
	c->kept += take;
	c->answer->body[c->kept] = '\0';
	return n;
}

static void start_libcurl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort(); /* out of memory */
}

/* What holds for every request. Proxies of the environment are not used, redirects not followed. */
static void set_up(struct http_client *c)
{
	const struct http_settings *s = c->settings;
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	/* A name server that does not answer holds up its own thread, not the one that gives up. */
	curl_easy_setopt(c->easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "natmill/" NATMILL_VERSION);
	curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, s->tls_verify ? 1L : 0L);
	curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, s->tls_verify ? 2L : 0L);
	if (s->tls_ca != NULL)
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, s->tls_ca);
	if (s->tls_certificate != NULL)
		curl_easy_setopt(c->easy, CURLOPT_SSLCERT, s->tls_certificate);
	if (s->tls_key != NULL)
		curl_easy_setopt(c->easy, CURLOPT_SSLKEY, s->tls_key);
	if (s->user != NULL) {
		curl_easy_setopt(c->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(c->easy, CURLOPT_USERNAME, s->user);
	}
}

struct http_client *http_client_new(const struct http_settings *s, const struct output_env *env,
				    const char *scheme, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, start_libcurl);
	struct http_client *c = xcalloc(1, sizeof *c);
	*c = (struct http_client){.settings = s, .env = env, .scheme = scheme, .timer_ms = NO_TIMER};
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->multi = curl_multi_init();
	c->easy = curl_easy_init();
	if (http_settings_check(s, env->name, c->where, sizeof c->where, e) != 0) {
		http_client_free(c);
		return NULL;
	}
	if (c->epoll < 0 || c->multi == NULL || c->easy == NULL) {
		err_set(e, ERR_SYSTEM, "output %s: %s", env->name, strerror(errno));
		http_client_free(c);
		return NULL;
	}
	set_up(c);
	return c;
}

void http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi); /* calls on_socket: the epoll descriptor lives longer */
	if (c->epoll >= 0)
		close(c->epoll);
	http_secrets_free(&c->secrets);
	free(c);
}

const char *http_client_where(const struct http_client *c)
{
	return c->where;
}

/* Has the configuration a header of that name? */
static bool overridden(const struct http_client *c, const char *header)
{
	const struct text_map *map = &c->secrets.headers;
	for (size_t i = 0; i < map->n; i++) {
		size_t len = strlen(map->items[i].key);
		if (strncasecmp(header, map->items[i].key, len) == 0 && header[len] == ':')
			return true;
	}
	return false;
}

static struct curl_slist *make_headers(const struct http_client *c, const struct http_request *q)
{
	const struct text_map *map = &c->secrets.headers;
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no waiting for 100 Continue */
	struct strbuf line = {0};
	for (size_t i = 0; q->headers[i] != NULL; i++)
		if (!overridden(c, q->headers[i]))
			list = curl_slist_append(list, q->headers[i]);
	if (c->secrets.token != NULL) {
		strbuf_printf(&line, "Authorization: %s %s", c->scheme, c->secrets.token);
		list = curl_slist_append(list, line.data);
	}
	for (size_t i = 0; i < map->n; i++) {
		strbuf_reset(&line);
		strbuf_printf(&line, "%s: %s", map->items[i].key, map->items[i].value);
		list = curl_slist_append(list, line.data);
	}
	strbuf_free(&line);
	return list;
}

/* Hands libcurl what has happened at its descriptors and to its timer. */
static void pump(struct http_client *c, int *running)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(c->epoll, events, EVENTS_AT_ONCE, 0);
	for (int i = 0; i < n; i++) {
		int bits = 0;
		if (events[i].events & EPOLLIN)
			bits |= CURL_CSELECT_IN;
		if (events[i].events & EPOLLOUT)
			bits |= CURL_CSELECT_OUT;
		if (events[i].events & (EPOLLERR | EPOLLHUP))
			bits |= CURL_CSELECT_ERR;
		curl_multi_socket_action(c->multi, events[i].data.fd, bits, running);
	}
	if (c->timer_ms <= clock_mono_ms()) {
		c->timer_ms = NO_TIMER;
		curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, running);
	}
}

/* Until the transfer has ended one way or another: 0. -1 with r when it has not. */
static int drive(struct http_client *c, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + c->settings->timeout;
	int running = 1;
	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	while (running > 0) {
		int64_t until = c->timer_ms < deadline ? c->timer_ms : deadline;
		if (output_wait(c->env->host, c->epoll, POLLIN, until) < 0) {
			output_retry(r, false, "%s: stopped while waiting for the answer", c->where);
			return -1;
		}
		pump(c, &running);
		if (running > 0 && clock_mono_ms() >= deadline) {
			char text[QUANTITY_MAX];
			output_retry(r, false, "%s: no whole answer within %s", c->where,
				     quantity_duration_text(c->settings->timeout, text));
			return -1;
		}
	}
	return 0;
}

/* The certificates or the configuration are to blame: that does not pass by itself. */
static bool needs_human(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
	       code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CIPHER ||
	       code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
	       code == CURLE_SSL_ENGINE_INITFAILED || code == CURLE_SSL_ISSUER_ERROR;
}

static const char *hint_of(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return " (mend tls_ca, the host in url or the server's certificate)";
	case CURLE_SSL_CACERT_BADFILE:
		return " (mend tls_ca)";
	case CURLE_SSL_CERTPROBLEM:
		return " (mend tls_certificate or tls_key)";
	default:
		return "";
	}
}

/* How the transfer has ended: 0 when the answer is whole, else -1 with r. */
static int outcome(struct http_client *c, struct output_result *r)
{
	int left;
	CURLcode code = CURLE_GOT_NOTHING;
	for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left)) != NULL;)
		if (m->msg == CURLMSG_DONE)
			code = m->data.result;
	if (code != CURLE_OK) {
		const char *why = c->error[0] != '\0' ? c->error : curl_easy_strerror(code);
		output_retry(r, needs_human(code), "%s: %s%s", c->where, why, hint_of(code));
		return -1;
	}
	if (!c->head_whole) {
		output_retry(r, false, "%s: the answer ends within its headers", c->where);
		return -1;
	}
	return 0;
}

/* Remembers how long the server wants to be left alone. */
static void take_status(struct http_client *c, struct http_answer *a)
{
	curl_off_t seconds = 0;
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds <= 0 || (a->status != 429 && a->status != 503))
		return;
	if (seconds > RETRY_AFTER_MAX_S)
		seconds = RETRY_AFTER_MAX_S;
	c->not_before_ms = clock_mono_ms() + (int64_t)seconds * 1000;
}

/* Takes up the password and the token as they are now. 0, or -1 with r. */
static int take_secrets(struct http_client *c, struct output_result *r)
{
	struct err e;
	if (http_secrets_read(&c->secrets, c->settings, &e) != 0) {
		output_retry(r, true, "%s: %s", c->where, e.msg);
		return -1;
	}
	if (c->settings->user != NULL)
		curl_easy_setopt(c->easy, CURLOPT_PASSWORD,
				 c->secrets.password != NULL ? c->secrets.password : "");
	return 0;
}

static int transfer(struct http_client *c, const struct http_request *q, struct http_answer *a,
		    struct output_result *r)
{
	if (take_secrets(c, r) != 0)
		return -1;
	struct curl_slist *headers = make_headers(c, q);
	c->answer = a;
	c->kept = 0;
	c->head_whole = false;
	c->error[0] = '\0';
	curl_easy_setopt(c->easy, CURLOPT_URL, q->url);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->len);
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, q->body);
	curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, q->method);
	curl_multi_add_handle(c->multi, c->easy);
	int rc = drive(c, r);
	if (rc == 0)
		rc = outcome(c, r);
	if (rc == 0)
		take_status(c, a);
	curl_multi_remove_handle(c->multi, c->easy); /* closes a connection in the middle of something */
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return rc;
}

int http_client_send(struct http_client *c, const struct http_request *q, struct http_answer *a,
		     struct output_result *r)
{
	int64_t left = c->not_before_ms - clock_mono_ms();
	*a = (struct http_answer){0};
	if (left <= 0)
		return transfer(c, q, a, r);
	output_retry(r, false, "%s: the server wants no request for %lld s more (Retry-After)", c->where,
		     (long long)(left + 999) / 1000);
	return -1;
}

const char *http_client_words(const struct http_client *c, const struct http_answer *a, char *buf,
			      size_t size)
{
	char words[HTTP_BODY_KEPT + 1];
	memcpy(words, a->body, sizeof words);
	http_secrets_hide(&c->secrets, c->settings, words);
	words[WORDS_MAX] = '\0';
	for (char *at = words; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f)
			*at = *at == '\n' || *at == '\r' || *at == '\t' ? ' ' : '?';
	size_t len = strlen(words);
	while (len > 0 && words[len - 1] == ' ')
		words[--len] = '\0';
	snprintf(buf, size, "%s: the server answers %ld%s%s", c->where, a->status, len > 0 ? ": " : "",
		 words);
	return buf;
}
