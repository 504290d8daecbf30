/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS of the output `redis`, by OpenSSL on its non-blocking socket. The server must show a certificate that
 * the CA file (else the system's store) vouches for and that is made out to its name. Files are read anew for
 * each connection, so that certificates can be replaced while natmill runs.
 */
#include "outputs/redis.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "output/lookup.h"

static const char *reason(void)
{
	unsigned long code = ERR_get_error();
	/* What the system refused, such as a file that is not there, has no text of OpenSSL's. */
	const char *text = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
			   : code != 0            ? ERR_reason_error_string(code)
						  : NULL;
	ERR_clear_error();
	return text != NULL ? text : "unknown error";
}

static int load_files(SSL_CTX *context, const struct redis_options *o, struct err *e)
{
	if (o->tls_ca == NULL && SSL_CTX_set_default_verify_paths(context) != 1)
		return err_set(e, ERR_CONFIG, "the system's certificates cannot be read: %s", reason());
	if (o->tls_ca != NULL && SSL_CTX_load_verify_locations(context, o->tls_ca, NULL) != 1)
		return err_set(e, ERR_CONFIG, "tls_ca: cannot use '%s': %s", o->tls_ca, reason());
	if (o->tls_certificate == NULL)
		return 0;
	const char *key = o->tls_key != NULL ? o->tls_key : o->tls_certificate;
	if (SSL_CTX_use_certificate_chain_file(context, o->tls_certificate) != 1)
		return err_set(e, ERR_CONFIG, "tls_certificate: cannot use '%s': %s", o->tls_certificate,
			       reason());
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		return err_set(e, ERR_CONFIG, "tls_key: cannot use '%s': %s", key, reason());
	return 0;
}

static SSL_CTX *make_context(const struct redis_options *o, struct err *e)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	if (context == NULL) {
		err_set(e, ERR_SYSTEM, "TLS: %s", reason());
		return NULL;
	}
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (load_files(context, o, e) == 0)
		return context;
	SSL_CTX_free(context);
	return NULL;
}

int redis_tls_check(const struct redis_options *options, struct err *e)
{
	SSL_CTX *context = make_context(options, e);
	if (context == NULL)
		return -1;
	SSL_CTX_free(context);
	return 0;
}

/* Whom the certificate must name. */
static bool expect_name(SSL *ssl, const char *name)
{
	char sni[ADDRESS_HOST_MAX]; /* OpenSSL copies it, but wants to be allowed to write */
	if (lookup_is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	snprintf(sni, sizeof sni, "%s", name);
	return SSL_set1_host(ssl, name) == 1 &&
	       SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni) == 1;
}

static int refused(struct redis *s, struct output_result *r)
{
	long verify = SSL_get_verify_result(s->ssl);
	const char *why = verify != X509_V_OK ? X509_verify_cert_error_string(verify) : reason();
	output_retry(r, verify != X509_V_OK, "redis %s: TLS: %s%s", s->where, why,
		     verify != X509_V_OK ? " (mend tls_ca, tls_server_name or the server's certificate)"
					 : "");
	r->reopen = true;
	redis_disconnect(s);
	return -1;
}

/* What an unfinished call waits for: -1 with EAGAIN; else errno as the fault. */
static int unfinished(SSL *ssl, int rc, short *want)
{
	int fault = errno;
	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		*want = POLLIN;
		errno = EAGAIN;
		break;
	case SSL_ERROR_WANT_WRITE:
		*want = POLLOUT;
		errno = EAGAIN;
		break;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		errno = fault != 0 ? fault : ECONNRESET;
		break;
	default:
		errno = EPROTO;
	}
	return -1;
}

int redis_tls_start(struct redis *s, int64_t deadline, struct output_result *r)
{
	const char *name = s->options->tls_server_name;
	short want = 0;
	struct err e;
	int rc;
	SSL_CTX *context = make_context(s->options, &e);
	if (context == NULL) {
		redis_lost(s, "TLS", e.msg, r);
		r->alarm = true;
		return -1;
	}
	s->ssl = SSL_new(context);
	SSL_CTX_free(context); /* lives on in s->ssl */
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1 ||
	    !expect_name(s->ssl, name != NULL ? name : s->address.host))
		return redis_lost(s, "TLS", reason(), r);
	ERR_clear_error();
	while (errno = 0, (rc = SSL_connect(s->ssl)) != 1) {
		if (unfinished(s->ssl, rc, &want) == 0 || errno != EAGAIN)
			return refused(s, r);
		if (redis_wait(s, want, deadline, "TLS", r) != 0)
			return -1;
	}
	return 0;
}

ssize_t redis_tls_read(struct redis *s, void *to, size_t n, short *want)
{
	size_t got = 0;
	ERR_clear_error();
	errno = 0;
	int rc = SSL_read_ex(s->ssl, to, n, &got);
	return rc == 1 ? (ssize_t)got : unfinished(s->ssl, rc, want);
}

ssize_t redis_tls_write(struct redis *s, const void *from, size_t n, short *want)
{
	size_t put = 0;
	ERR_clear_error();
	errno = 0;
	int rc = SSL_write_ex(s->ssl, from, n, &put);
	return rc == 1 ? (ssize_t)put : unfinished(s->ssl, rc, want);
}

void redis_tls_end(struct redis *s)
{
	SSL_free(s->ssl); /* without a goodbye: nothing rests on it */
	s->ssl = NULL;
	ERR_clear_error();
}
