/*
 * fsyncshadow: what would be left on the disk if the power went now, and disks that are slow.
 *
 * SIGKILL proves little about durability: what a killed program wrote stays in the kernel's page cache. This library,
 * preloaded into a program, keeps beside a folder a second one that has only what fsync or fdatasync made durable:
 * kill the program, start it again on the second folder, and you have had a power cut.
 *
 *     cc -O2 -Wall -shared -fPIC -o fsyncshadow.so fsyncshadow.c -ldl
 *     LD_PRELOAD=…/fsyncshadow.so SHADOW_DIR=/x/live SHADOW_ROOT=/x/shadow  program
 *     LD_PRELOAD=…/fsyncshadow.so SLOW_US=2000                              program
 *     LD_PRELOAD=…/fsyncshadow.so BROKEN=/x/broken                          program
 *
 * SHADOW_DIR   the folder that is followed: an absolute path without links. Its files, not its subfolders.
 * SHADOW_ROOT  the shadow, on one file system, laid out by disk.py before the program starts:
 *                inodes/N   the durable bytes of the followed file whose inode number is N
 *                names/F    the durable directory entries: hard links to files of inodes/
 *                dirty/N    one byte for each page of 4096 bytes: 0 durable, 1 written since, 2 being made durable
 * SLOW_US      microseconds that every fsync and fdatasync of the program takes longer.
 * BROKEN       a path: while something stands there, every fsync and fdatasync fails, as on a broken disk.
 *
 * The rules are the strictest that POSIX allows. Bytes and the length of a file become durable with an fsync of the
 * file by any process (the page cache belongs to all). A name that was made, renamed or unlinked becomes durable with
 * an fsync of the directory only, so those calls need no wrapper: fsync of the directory copies the entries it finds.
 * Nothing else ever becomes durable; disk.py may add unsynced sectors by chance, as a disk's cache does.
 *
 * Followed: open, openat, write, pwrite, ftruncate, fsync, fdatasync, close and their 64-bit names. Not followed,
 * because SQLite does not use them on what must last: dup, writev, sendfile, fallocate, writes through mmap (its
 * index of the log, "-shm", is mapped, but it is rebuilt after every crash). O_TRUNC on a followed file is refused.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define MOST_PAGES (1 << 18) /* files up to 1 GiB */
#define MOST_FILES 4096      /* highest file descriptor followed */
#define DURABLE 0
#define DIRTY 1
#define SAVING 2

enum kind { UNFOLLOWED, REGULAR, FOLDER };

struct followed {
    enum kind kind;
    ino_t inode;
    atomic_uchar *pages;
};

static struct followed files[MOST_FILES];
static const char *folder, *shadow;
static size_t folder_length;
static long slow_us;
static const char *broken;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_close)(int);

static void die(const char *what, const char *name)
{
    fprintf(stderr, "fsyncshadow: %s: %s (%s)\n", what, name, strerror(errno));
    abort();
}

__attribute__((constructor)) static void begin(void)
{
    const char *slow = getenv("SLOW_US");
    slow_us = slow ? atol(slow) : 0;
    broken = getenv("BROKEN");
    folder = getenv("SHADOW_DIR");
    shadow = getenv("SHADOW_ROOT");
    folder_length = folder ? strlen(folder) : 0;
    if (folder && (folder[0] != '/' || !shadow))
        die("SHADOW_DIR needs an absolute path and SHADOW_ROOT", folder);
}

/* A library that is loaded earlier may call before the constructor has run, so each name is resolved on first use. */
#define REAL(name) \
    if (!real_##name) *(void **)&real_##name = dlsym(RTLD_NEXT, #name)

static void shadow_path(char *path, size_t size, const char *part, ino_t inode)
{
    snprintf(path, size, "%s/%s/%llu", shadow, part, (unsigned long long)inode);
}

/* One lock for names and for the making of files, over all threads and processes; closing it gives it back. */
static int lock(const char *path)
{
    REAL(open);
    int fd = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX))
        die("cannot lock", path);
    return fd;
}

static int lock_names(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/lock", shadow);
    return lock(path);
}

static struct followed *of(int fd)
{
    if (fd < 0 || fd >= MOST_FILES || files[fd].kind == UNFOLLOWED)
        return NULL;
    return &files[fd];
}

static enum kind kind_of(const char *path)
{
    if (!folder || strncmp(path, folder, folder_length))
        return UNFOLLOWED;
    const char *rest = path + folder_length;
    if (!strcmp(rest, "") || !strcmp(rest, "/"))
        return FOLDER;
    return rest[0] == '/' && !strchr(rest + 1, '/') ? REGULAR : UNFOLLOWED;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* A new file has no durable byte, whatever file had its inode number before. */
static void begin_file(ino_t inode)
{
    char path[PATH_MAX];
    shadow_path(path, sizeof path, "dirty", inode);
    unlink(path);
    shadow_path(path, sizeof path, "inodes", inode);
    unlink(path);
    int fd = real_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        die("cannot begin the shadow of a new file", path);
    real_close(fd);
}

static atomic_uchar *map_pages(ino_t inode)
{
    char path[PATH_MAX];
    shadow_path(path, sizeof path, "inodes", inode);
    if (access(path, F_OK))
        die("a file that the shadow does not know", path);
    shadow_path(path, sizeof path, "dirty", inode);
    int fd = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || real_ftruncate(fd, MOST_PAGES))
        die("cannot keep the list of written pages", path);
    void *pages = mmap(NULL, MOST_PAGES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (pages == MAP_FAILED)
        die("cannot map the list of written pages", path);
    real_close(fd);
    return pages;
}

static void follow(int fd, const char *path, int created)
{
    struct stat status;
    if (fd >= MOST_FILES || fstat(fd, &status))
        die("cannot follow", path);
    if (S_ISDIR(status.st_mode)) {
        files[fd] = (struct followed){FOLDER, status.st_ino, NULL};
        return;
    }
    if (created)
        begin_file(status.st_ino);
    files[fd] = (struct followed){REGULAR, status.st_ino, map_pages(status.st_ino)};
}

static int open_followed(const char *path, int flags, mode_t mode)
{
    if (flags & O_TRUNC)
        die("O_TRUNC is not followed", path);
    int names = lock_names();
    int created = 0, fd = -1;
    if (flags & O_CREAT) {
        fd = real_open(path, flags | O_EXCL, mode);
        created = fd >= 0;
    }
    if (fd < 0 && !(flags & O_EXCL))
        fd = real_open(path, flags, mode);
    int error = errno;
    if (fd >= 0)
        follow(fd, path, created);
    real_close(names);
    errno = error;
    return fd;
}

static int open_any(const char *path, int flags, mode_t mode)
{
    REAL(open);
    REAL(close);
    REAL(ftruncate);
    return kind_of(path) == UNFOLLOWED ? real_open(path, flags, mode) : open_followed(path, flags, mode);
}

#define MODE_OF(flags, last, mode)                                   \
    mode_t mode = 0;                                                 \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                           \
        va_list rest;                                                \
        va_start(rest, last);                                        \
        mode = va_arg(rest, mode_t);                                 \
        va_end(rest);                                                \
    }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags, flags, mode)
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags, flags, mode)
    return open_any(path, flags | O_LARGEFILE, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, flags, mode)
    REAL(openat);
    return path[0] == '/' ? open_any(path, flags, mode) : real_openat(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, flags, mode)
    REAL(openat);
    return path[0] == '/' ? open_any(path, flags, mode) : real_openat(at, path, flags | O_LARGEFILE, mode);
}

int close(int fd)
{
    REAL(close);
    struct followed *file = of(fd);
    if (file) {
        if (file->pages)
            munmap((void *)file->pages, MOST_PAGES);
        *file = (struct followed){UNFOLLOWED, 0, NULL};
    }
    return real_close(fd);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* After the write, never before: else an fsync between the two would take the old bytes for the new ones. */
static void mark(struct followed *file, off_t from, off_t to)
{
    if (to > (off_t)MOST_PAGES * PAGE)
        die("a file is larger than can be followed", folder);
    for (off_t page = from / PAGE; page * PAGE < to; page++)
        atomic_store(&file->pages[page], DIRTY);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    REAL(write);
    ssize_t written = real_write(fd, bytes, count);
    struct followed *file = of(fd);
    if (file && written > 0) {
        off_t end = lseek(fd, 0, SEEK_CUR);
        mark(file, end - written, end);
    }
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    REAL(pwrite);
    ssize_t written = real_pwrite(fd, bytes, count, at);
    struct followed *file = of(fd);
    if (file && written > 0)
        mark(file, at, at + written);
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    return pwrite(fd, bytes, count, at);
}

int ftruncate(int fd, off_t length)
{
    REAL(ftruncate);
    struct stat before;
    struct followed *file = of(fd);
    if (file && fstat(fd, &before))
        die("cannot see the length of a file", folder);
    int result = real_ftruncate(fd, length);
    if (file && !result && length < before.st_size)
        mark(file, length, before.st_size); /* should it grow again, zeros stand there */
    return result;
}

int ftruncate64(int fd, off64_t length)
{
    return ftruncate(fd, length);
}

/* ---- making durable --------------------------------------------------------------------------------------------- */

static void save_page(int from, int to, struct followed *file, off_t page)
{
    char bytes[PAGE];
    unsigned char saving = SAVING;
    atomic_store(&file->pages[page], SAVING); /* so that a process killed here leaves it to the next fsync */
    ssize_t count = pread(from, bytes, PAGE, page * PAGE);
    if (count < 0 || real_pwrite(to, bytes, count, page * PAGE) != count)
        die("cannot copy a page", shadow);
    atomic_compare_exchange_strong(&file->pages[page], &saving, DURABLE);
}

static void save_file(int fd, struct followed *file)
{
    char path[PATH_MAX];
    struct stat status;
    REAL(pwrite);
    REAL(ftruncate);
    shadow_path(path, sizeof path, "inodes", file->inode);
    int copy = lock(path);
    if (fstat(fd, &status))
        die("cannot see the length of a file", path);
    /* First the length: another process may append to the last page meanwhile, and what is copied of that stays. */
    if (real_ftruncate(copy, status.st_size))
        die("cannot set the length of", path);
    for (off_t page = 0; page * PAGE < status.st_size; page++)
        if (atomic_load(&file->pages[page]) != DURABLE)
            save_page(fd, copy, file, page);
    real_close(copy);
}

static void save_name(const char *name)
{
    char live[PATH_MAX], inode[PATH_MAX], durable[PATH_MAX], fresh[PATH_MAX];
    struct stat status, wanted, present;
    snprintf(live, sizeof live, "%s/%s", folder, name);
    snprintf(durable, sizeof durable, "%s/names/%s", shadow, name);
    snprintf(fresh, sizeof fresh, "%s/fresh", shadow);
    if (stat(live, &status) || !S_ISREG(status.st_mode))
        return;
    shadow_path(inode, sizeof inode, "inodes", status.st_ino);
    if (stat(inode, &wanted))
        die("a file that the shadow does not know", live);
    if (!stat(durable, &present) && present.st_ino == wanted.st_ino)
        return;
    unlink(fresh);
    if (link(inode, fresh) || rename(fresh, durable))
        die("cannot keep the name", durable);
}

static void save_names(void)
{
    char path[PATH_MAX];
    int names = lock_names();
    struct dirent *entry;
    DIR *live = opendir(folder);
    while (live && (entry = readdir(live)))
        save_name(entry->d_name);
    snprintf(path, sizeof path, "%s/names", shadow);
    DIR *durable = opendir(path);
    while (durable && (entry = readdir(durable))) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (!access(path, F_OK))
            continue;
        snprintf(path, sizeof path, "%s/names/%s", shadow, entry->d_name);
        unlink(path);
    }
    if (!live || !durable)
        die("cannot list", path);
    closedir(live);
    closedir(durable);
    real_close(names);
}

static int make_durable(int fd, int (*real)(int))
{
    if (broken && !access(broken, F_OK)) {
        errno = EIO;
        return -1;
    }
    int result = real(fd);
    if (slow_us > 0) {
        struct timespec slow = {slow_us / 1000000, slow_us % 1000000 * 1000};
        nanosleep(&slow, NULL);
    }
    struct followed *file = of(fd);
    if (file && !result) {
        if (file->kind == FOLDER)
            save_names();
        else
            save_file(fd, file);
    }
    return result;
}

int fsync(int fd)
{
    REAL(fsync);
    return make_durable(fd, real_fsync);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    return make_durable(fd, real_fdatasync);
}
