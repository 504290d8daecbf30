/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and stops nginx; see nginx_server.h. One process, so that it can be stopped as a whole; the body of
 * a request is written to a file because the location forwards it, to another location of itself that says
 * 200.
 */
#include "tests/contract/nginx_server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "tests/contract/server_process.h"

#define PATH_SIZE 160

static struct server_process server;
static int ports[3];
static char urls[3][64];

/* Certificates of an authority of our own; other.crt is nobody's but its own. */
static void make_certificates(void)
{
	static const char own[] = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -x509 "
				  "-days 2 -subj /CN=%s -keyout %s/%s.key -out %s/%s.crt 2> /dev/null";
	static const char signed_one[] =
		"cd %s && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=%s "
		"-addext subjectAltName=DNS:localhost -keyout %s.key -out %s.csr 2> /dev/null && "
		"openssl x509 -req -in %s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
		"-copy_extensions copy -out %s.crt 2> /dev/null";
	const char *at = server.folder;
	server_shell(own, "ca", at, "ca", at, "ca");
	server_shell(own, "other", at, "other", at, "other");
	server_shell(signed_one, at, "server", "server", "server", "server", "server");
	server_shell(signed_one, at, "client", "client", "client", "client", "client");
}

static void write_config(void)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/nginx.conf", server.folder);
	FILE *file = fopen(path, "we");
	if (file == NULL)
		exit(2);
	fprintf(file,
		"daemon off; master_process off; user root; pid nginx.pid; error_log error.log;\n"
		"events { worker_connections 64; }\n"
		"http { access_log off; client_body_temp_path bodies; client_max_body_size 2m;\n"
		"proxy_temp_path temp; fastcgi_temp_path temp; scgi_temp_path temp; uwsgi_temp_path temp;\n"
		"ssl_certificate server.crt; ssl_certificate_key server.key;\n"
		"server { listen 127.0.0.1:%d; listen 127.0.0.1:%d ssl;\n"
		"location = /events { client_body_in_file_only on; proxy_pass_request_body off;\n"
		"proxy_set_header Content-Length \"\"; proxy_pass http://127.0.0.1:%d/taken; }\n"
		"location = /taken { return 200; } }\n"
		"server { listen 127.0.0.1:%d ssl; ssl_client_certificate ca.crt; ssl_verify_client on;\n"
		"location / { proxy_pass http://127.0.0.1:%d; } } }\n",
		ports[0], ports[1], ports[0], ports[2], ports[0]);
	fclose(file);
}

static bool ready(void *ctx)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)ports[2])};
	(void)ctx;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
	close(fd);
	return rc == 0;
}

static void stop_at_exit(void)
{
	server_remove(&server);
}

static void start(void)
{
	server_folder(&server, "nginx");
	for (int i = 0; i < 3; i++) {
		ports[i] = server_free_port();
		snprintf(urls[i], sizeof urls[i], "%s:%d", i == 0 ? "http://127.0.0.1" : "https://localhost",
			 ports[i]);
	}
	server_shell("mkdir %s/bodies", server.folder);
	make_certificates();
	write_config();
	const char *argv[] = {"/usr/sbin/nginx", "-p", server.folder, "-c",
			      "nginx.conf",      "-e", "error.log",   NULL};
	atexit(stop_at_exit);
	process_start(&server, argv, NULL);
	server_await(&server, ready, NULL);
}

static const char *url(int i)
{
	if (server.pid == 0)
		start();
	return urls[i];
}

const char *nginx_url(void)
{
	return url(0);
}

const char *nginx_tls_url(void)
{
	return url(1);
}

const char *nginx_mutual_url(void)
{
	return url(2);
}

const char *nginx_file(const char *name)
{
	static char path[PATH_SIZE];
	url(0);
	snprintf(path, sizeof path, "%s/%s", server.folder, name);
	return path;
}

void nginx_empty(void)
{
	url(0);
	server_shell("rm -f %s/bodies/*", server.folder);
}

static void add_file(const char *name, struct strbuf *out)
{
	char path[PATH_SIZE + 256];
	snprintf(path, sizeof path, "%s/bodies/%s", server.folder, name);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		exit(2);
	for (size_t n = 1; n > 0; out->len += n)
		n = fread(strbuf_reserve(out, 65536), 1, 65536, file);
	fclose(file);
}

/* The names count up. */
void nginx_bodies(struct strbuf *out)
{
	struct dirent **names;
	int n = scandir(nginx_file("bodies"), &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			add_file(names[i]->d_name, out);
		free(names[i]);
	}
	free(names);
	strbuf_adds(out, "");
}

void nginx_freeze(void)
{
	url(0);
	server_freeze(server.pid);
}

void nginx_thaw(void)
{
	server_thaw(server.pid);
}
