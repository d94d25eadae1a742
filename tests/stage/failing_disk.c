/* Has calls of the C library about files below one folder fail, as on a disk that fails: preloaded (LD_PRELOAD).
 * FAILING_FOLDER: the folder. FAILING_CALLS: a file that names, while it is there, the calls that fail.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(const char *call) {
    const char *name = getenv("FAILING_CALLS");
    char named[128];
    if (!name) return 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
    if (file < 0) return 0;
    ssize_t size = syscall(SYS_read, file, named, sizeof named - 1);
    syscall(SYS_close, file);
    if (size <= 0) return 0;
    named[size] = 0;
    return strstr(named, call) != NULL;
}

static int is_below(const char *path) {
    const char *folder = getenv("FAILING_FOLDER");
    char here[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] != '/' && getcwd(here, sizeof here)) {
        snprintf(whole, sizeof whole, "%s/%s", here, path);
        path = whole;
    }
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_of(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    return is_below(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL(call, where, error) if ((where) && fails(call)) { errno = (error); return -1; }

ssize_t write(int file, const void *data, size_t size) {
    FAIL("write", is_of(file), EIO)
    return REAL(write)(file, data, size);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
    FAIL("write", is_of(file), EIO)
    return REAL(pwrite)(file, data, size, at);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    FAIL("write", is_of(file), EIO)
    return REAL(pwrite64)(file, data, size, at);
}
int fsync(int file) {
    FAIL("sync", is_of(file), EIO)
    return REAL(fsync)(file);
}
int fdatasync(int file) {
    FAIL("sync", is_of(file), EIO)
    return REAL(fdatasync)(file);
}
int rename(const char *from, const char *to) {
    FAIL("rename", is_below(to), EIO)
    return REAL(rename)(from, to);
}
