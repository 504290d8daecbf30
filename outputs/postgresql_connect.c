/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections of the output `postgresql`. The settings of the session bound how long the server lets a frozen
 * or cut off natmill hold anything: they lie below Kafka's session time-out, so that whoever takes over its
 * partitions is not held up. Called by postgresql.c.
 */
#include "outputs/postgresql.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/hide.h"

/* The value of a keyword in a parsed url, "" when it is not given. */
static const char *value_of(const PQconninfoOption *list, const char *keyword)
{
	for (; list->keyword != NULL; list++)
		if (strcmp(list->keyword, keyword) == 0 && list->val != NULL)
			return list->val;
	return "";
}

/* A password with an unescaped @ or / in a url is taken apart, and its pieces stand where messages show host
 * and port. */
static bool is_torn(const PQconninfoOption *list)
{
	const char *port = value_of(list, "port");
	return port[strspn(port, "0123456789,")] != '\0' || strchr(value_of(list, "host"), '@') != NULL;
}

int postgresql_check_url(struct postgresql *p, struct err *e)
{
	/* libpq's own message may repeat a part of the url, which may hold a password. */
	PQconninfoOption *list = PQconninfoParse(p->options->url, NULL);
	if (list == NULL || is_torn(list)) {
		PQconninfoFree(list);
		return err_set(e, ERR_CONFIG,
			       "output %s: url must be like postgresql://user@host:5432/database or "
			       "'host=... user=... dbname=...'; a password with @ : / or %% has an option of "
			       "its own",
			       p->env->name);
	}
	const char *host = value_of(list, "host");
	p->names = xstrdup(value_of(list, "hostaddr")[0] == '\0' ? host : "");
	const char *database = value_of(list, "dbname");
	if (host[0] == '\0')
		host = value_of(list, "hostaddr");
	p->hosts = 1;
	for (const char *c = host; *c != '\0'; c++)
		p->hosts += *c == ',';
	snprintf(p->where, sizeof p->where, "%s/%s", host[0] != '\0' ? host : "local", database);
	PQconninfoFree(list);
	return 0;
}

void postgresql_disconnect(struct postgresql *p)
{
	PQfinish(p->conn);
	p->conn = NULL;
	p->state = STATE_NONE;
}

/* Warnings of the server belong into the log; notices ("already exists, skipping") do not. */
static void on_notice(void *arg, const PGresult *res)
{
	const struct postgresql *p = arg;
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	char words[ERR_MSG_MAX / 2];
	if (severity != NULL && strcmp(severity, "WARNING") == 0)
		log_warn("postgresql %s: %s", p->where, postgresql_words(res, words, sizeof words));
}

/* What libpq is told. Values before the url can be overridden by it, the password cannot. */
static PGconn *start(const struct postgresql *p, const char *password)
{
	char ms[24];
	char seconds[24];
	int64_t bound = p->options->session_bound;
	snprintf(ms, sizeof ms, "%lld", (long long)bound);
	snprintf(seconds, sizeof seconds, "%lld", (long long)(bound / 2000 > 0 ? bound / 2000 : 1));
	const char *const keywords[] = {"target_session_attrs",
					"fallback_application_name",
					"tcp_user_timeout",
					"keepalives_idle",
					"keepalives_interval",
					"keepalives_count",
					"dbname",
					"client_encoding",
					password != NULL ? "password" : NULL,
					NULL};
	const char *const values[] = {"read-write", "natmill",       ms,     seconds,  "1",
				      "2",          p->options->url, "UTF8", password, NULL};
	return PQconnectStartParams(keywords, values, 1);
}

/* libpq tells of a certificate only that it did not verify. The handshake's own state knows why; libpq frees
 * it when that fails, so it is kept here from the moment it is there. */
static void hold_tls(const struct postgresql *p, SSL **held)
{
	SSL *now = PQsslStruct(p->conn, "OpenSSL");
	if (now == NULL || now == *held)
		return;
	SSL_free(*held);
	SSL_up_ref(now);
	*held = now;
}

/* What is wrong with a certificate, or "". */
static const char *untrusted(SSL *held, const char *text)
{
	static const char mend[] = "sslrootcert, the host in url or the server's certificate";
	long verify = held != NULL ? SSL_get_verify_result(held) : X509_V_OK;
	static _Thread_local char words[ERR_MSG_MAX / 4];
	words[0] = '\0';
	if (verify != X509_V_OK)
		snprintf(words, sizeof words, ": %s (mend %s)", X509_verify_cert_error_string(verify), mend);
	else if (strstr(text, "certificate") != NULL || strstr(text, "private key") != NULL)
		snprintf(words, sizeof words, " (mend %s; sslcert and sslkey are natmill's own)", mend);
	return words;
}

/* libpq marks what is secret, be it of an option or of the url; the password may be of its password file,
 * too. */
static void hide_secrets(const struct postgresql *p, char *text)
{
	struct hiding h;
	PQconninfoOption *list = PQconninfo(p->conn);
	hide_begin(&h, text);
	hide_word(&h, PQpass(p->conn));
	for (const PQconninfoOption *o = list; o != NULL && o->keyword != NULL; o++)
		if (strchr(o->dispchar, '*') != NULL)
			hide_word(&h, o->val);
	hide_end(&h);
	PQconninfoFree(list);
}

/* Why there is no connection; closes what there is of it. Returns -1. */
static int refused(struct postgresql *p, SSL *held, struct output_result *r)
{
	char text[ERR_MSG_MAX / 2];
	char state[6];
	char *location = NULL;
	snprintf(text, sizeof text, "%s", PQerrorMessage(p->conn));
	struct postgresql_verdict verdict =
		postgresql_judge(postgresql_find_state(text, state) ? state : NULL, false);
	hide_secrets(p, text);
	bool secret = PQconnectionNeedsPassword(p->conn) != 0;
	while ((location = strstr(text, "\nLOCATION:")) !=
	       NULL) /* where in the server's source: for nobody */
		*location = '\0';
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n')
			*c = c[1] != '\0' ? ' ' : '\0';
	postgresql_disconnect(p);
	const char *wrong = untrusted(held, text);
	output_retry(r, verdict.alarm || secret || wrong[0] != '\0', "postgresql %s: %s%s", p->where,
		     text[0] != '\0' ? text : "no connection", wrong);
	r->reopen = true;
	return -1;
}

/* Waits for what PQconnectPoll asks for; 0, or -1 with r set. */
static int wait_for_poll(struct postgresql *p, PostgresPollingStatusType want, int64_t deadline,
			 struct output_result *r)
{
	short events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	int bits = output_wait(p->env->host, PQsocket(p->conn), events, deadline);
	if (bits > 0)
		return 0;
	postgresql_disconnect(p);
	if (bits < 0)
		output_retry(r, false, "postgresql %s: stopped while connecting", p->where);
	else
		output_retry(r, false, "postgresql %s: no connection within connect_timeout", p->where);
	r->reopen = true;
	return -1;
}

static int dial(struct postgresql *p, SSL **held, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + p->options->connect_timeout * p->hosts;
	if (postgresql_look_up(p, deadline, r) != 0)
		return -1;
	struct err e;
	char *password;
	if (secret_now(&p->options->password, &password, &e) != 0) {
		output_retry(r, true, "postgresql %s: password_file %s", p->where, e.msg);
		r->reopen = true;
		return -1;
	}
	p->conn = start(p, password);
	secret_forget(password); /* libpq has a copy */
	if (p->conn == NULL) {
		output_retry(r, false, "postgresql %s: out of memory", p->where);
		r->reopen = true;
		return -1;
	}
	PQsetErrorVerbosity(p->conn, PQERRORS_VERBOSE); /* so that refused() finds the SQLSTATE */
	PQsetNoticeReceiver(p->conn, on_notice, p);
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;
	while (PQstatus(p->conn) != CONNECTION_BAD && want != PGRES_POLLING_OK) {
		if (wait_for_poll(p, want, deadline, r) != 0)
			return -1;
		want = PQconnectPoll(p->conn);
		hold_tls(p, held);
		if (want == PGRES_POLLING_FAILED)
			break;
	}
	if (PQstatus(p->conn) != CONNECTION_OK || PQsetnonblocking(p->conn, 1) != 0)
		return refused(p, *held, r);
	PQsetErrorVerbosity(p->conn, PQERRORS_DEFAULT);
	return 0;
}

/* Only settings that this server knows; those of TCP do nothing on a local socket. synchronous_commit is only
 * ever made stronger. */
static void add_settings(struct postgresql *p, struct strbuf *sql)
{
	long long bound = p->options->session_bound;
	long long seconds = bound / 2000 > 0 ? bound / 2000 : 1;
	strbuf_printf(sql,
		      "SELECT set_config(s.name, v.value, false) FROM pg_settings s JOIN (VALUES "
		      "('idle_in_transaction_session_timeout', '%lld'), ('lock_timeout', '%lld'), "
		      "('statement_timeout', '%lld'), ('tcp_user_timeout', '%lld'), "
		      "('tcp_keepalives_idle', '%lld'), ('tcp_keepalives_interval', '1'), "
		      "('tcp_keepalives_count', '2')) v(name, value) ON s.name = v.name;"
		      "SELECT set_config('synchronous_commit', 'on', false) WHERE "
		      "current_setting('synchronous_commit') IN ('off', 'local', 'remote_write');",
		      bound, bound / 2, (long long)p->options->statement_timeout, bound, seconds);
	if (p->options->schema == NULL)
		return;
	strbuf_adds(sql, "SELECT set_config('search_path', quote_ident(");
	postgresql_add_literal(p, sql, p->options->schema);
	strbuf_adds(sql, "), false);");
}

int postgresql_connect(struct postgresql *p, struct output_result *r)
{
	postgresql_disconnect(p);
	SSL *held = NULL;
	int rc = dial(p, &held, r);
	SSL_free(held);
	if (rc != 0)
		return -1;
	snprintf(p->where, sizeof p->where, "%s:%s/%s", PQhost(p->conn), PQport(p->conn), PQdb(p->conn));
	const char *encoding = PQparameterStatus(p->conn, "server_encoding");
	p->foreign_encoding =
		encoding != NULL && strcmp(encoding, "UTF8") != 0 && strcmp(encoding, "SQL_ASCII") != 0;
	strbuf_reset(&p->sql);
	add_settings(p, &p->sql);
	if (postgresql_query(p, p->sql.data, "setting up the session", NULL, 0, r) == 0)
		return 0;
	postgresql_disconnect(p);
	r->reopen = true;
	return -1;
}
