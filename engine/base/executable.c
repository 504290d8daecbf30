/* SPDX-License-Identifier: Apache-2.0
 *
 * Tries to make a page executable; see executable.h.
 */
#include "base/executable.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool allowed;

/* As lj_mcode.c does: written while it is writable, then executable and read-only. */
static void try_page(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	allowed = page != MAP_FAILED && mprotect(page, size, PROT_READ | PROT_EXEC) == 0;
	if (!allowed)
		log_warn("memory cannot be made executable (%s): scripts and regex run without their JIT "
			 "compilers, several times slower; if a systemd unit starts natmill, remove "
			 "MemoryDenyWriteExecute= from it",
			 strerror(errno));
	if (page != MAP_FAILED)
		munmap(page, size);
}

bool executable_memory(void)
{
	pthread_once(&once, try_page);
	return allowed;
}
