/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes the terminal and gives it back; see top_screen.h. Signals come through a descriptor, so that nothing
 * happens in the middle of a drawing.
 */
#include "cli/top_screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"
#define WIDTH_DEFAULT 80
#define HEIGHT_DEFAULT 24

static struct {
	struct termios before;
	bool changed; /* standard input is a terminal, and its settings are changed */
	bool keys;    /* may come from it */
	int signal_fd;
	sigset_t signals;
	sigset_t unblocked;
	int ended_by; /* signal; 0 = none */
} screen = {.signal_fd = -1};

static void put(const char *data, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, data, n);
		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return; /* the terminal is gone: SIGHUP comes */
		data += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
}

static void enter(void)
{
	screen.changed = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &screen.before) == 0;
	screen.keys = screen.changed;
	if (screen.changed) {
		struct termios raw = screen.before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	put(ENTER, sizeof ENTER - 1);
}

static void leave(void)
{
	put(LEAVE, sizeof LEAVE - 1);
	if (screen.changed)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &screen.before);
}

int top_screen_open(struct err *e)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT};
	sigemptyset(&screen.signals);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
		sigaddset(&screen.signals, caught[i]);
	sigprocmask(SIG_BLOCK, &screen.signals, &screen.unblocked);
	screen.signal_fd = signalfd(-1, &screen.signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (screen.signal_fd < 0)
		return err_set(e, ERR_SYSTEM, "cannot make a file descriptor: %s", strerror(errno));
	enter();
	return 0;
}

void top_screen_close(void)
{
	leave();
	close(screen.signal_fd);
	screen.signal_fd = -1;
	sigprocmask(SIG_SETMASK, &screen.unblocked, NULL);
	if (screen.ended_by == 0)
		return;
	signal(screen.ended_by, SIG_DFL); /* shells have what they start in the background ignore SIGINT */
	raise(screen.ended_by);
}

void top_screen_size(size_t *width, size_t *height)
{
	struct winsize size = {0};
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
	*width = known ? size.ws_col : WIDTH_DEFAULT;
	*height = known ? size.ws_row : HEIGHT_DEFAULT;
}

void top_screen_show(const struct strbuf *lines)
{
	struct strbuf out = {0};
	size_t at = 0;
	strbuf_adds(&out, HOME);
	while (at < lines->len) {
		const char *end = memchr(lines->data + at, '\n', lines->len - at);
		size_t n = end != NULL ? (size_t)(end - lines->data) - at : lines->len - at;
		strbuf_add(&out, lines->data + at, n);
		strbuf_adds(&out, CLEAR_LINE);
		at += n + 1;
		if (at < lines->len) /* behind the last line the terminal would scroll */
			strbuf_adds(&out, "\r\n");
	}
	strbuf_adds(&out, CLEAR_REST);
	put(out.data, out.len);
	strbuf_free(&out);
}

/* Stopped by Ctrl-Z: the shell gets its terminal, and what was there is back when it goes on. */
static void stop(void)
{
	leave();
	raise(SIGSTOP);
	enter();
}

static enum top_event read_signal(void)
{
	struct signalfd_siginfo info;
	if (read(screen.signal_fd, &info, sizeof info) != sizeof info)
		return TOP_NOTHING;
	switch (info.ssi_signo) {
	case SIGTSTP:
		stop();
		return TOP_REDRAW;
	case SIGWINCH:
	case SIGCONT:
		return TOP_REDRAW;
	default:
		screen.ended_by = (int)info.ssi_signo;
		return TOP_QUIT;
	}
}

static enum top_event read_keys(short events)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof keys);
	if (n < 0 || (n == 0 && (events & (POLLHUP | POLLERR)) != 0))
		screen.keys = false; /* no more will come */
	for (ssize_t i = 0; i < n; i++)
		if (keys[i] == 'q' || keys[i] == 'Q')
			return TOP_QUIT;
	return n > 0 ? TOP_REDRAW : TOP_NOTHING;
}

enum top_event top_screen_wait(int fd, int ms)
{
	struct pollfd fds[] = {{.fd = screen.signal_fd, .events = POLLIN},
			       {.fd = fd, .events = POLLIN},
			       {.fd = screen.keys ? STDIN_FILENO : -1, .events = POLLIN}};
	if (poll(fds, 3, ms) <= 0)
		return TOP_NOTHING;
	enum top_event answer = fds[1].revents != 0 ? TOP_REDRAW : TOP_NOTHING;
	if (fds[0].revents != 0)
		answer = read_signal();
	if (fds[2].revents != 0 && answer != TOP_QUIT)
		answer = read_keys(fds[2].revents);
	return answer;
}
