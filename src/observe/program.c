// SPDX-License-Identifier: Apache-2.0
#include "observe/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

// The loader's path is a constant of the platform's ABI. A program that names another one brings
// its own libc (musl, a newer or older glibc in a store), into which the library may not fit; the
// loader would then complain on stderr.
#if defined(__x86_64__) && defined(__LP64__)
#define LOADER  "/lib64/ld-linux-x86-64.so.2"
#define MACHINE EM_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define LOADER  "/lib/ld-linux-aarch64.so.1"
#define MACHINE EM_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define LOADER  "/lib/ld-linux-riscv64-lp64d.so.1"
#define MACHINE EM_RISCV
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define LOADER  "/lib64/ld64.so.2"
#define MACHINE EM_PPC64
#elif defined(__s390x__)
#define LOADER  "/lib/ld64.so.1"
#define MACHINE EM_S390
#else
#error "which dynamic loader does this platform have?"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_HERE ELFDATA2LSB
#else
#define BYTE_ORDER_HERE ELFDATA2MSB
#endif

#define SCRIPT_DEPTH 5 // as in the kernel
#define SEGMENTS_MAX 64
#define ENTRIES_MAX  128

static bool is_own_kind(const ElfW(Ehdr) * head)
{
    return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 && head->e_ident[EI_CLASS] == ELFCLASS64 &&
           head->e_ident[EI_DATA] == BYTE_ORDER_HERE && head->e_machine == MACHINE &&
           (head->e_type == ET_EXEC || head->e_type == ET_DYN) &&
           head->e_phentsize == sizeof(ElfW(Phdr)) && head->e_phnum > 0 &&
           head->e_phnum <= SEGMENTS_MAX;
}

/** The segments of a program. */
struct segments {
    ElfW(Phdr) all[SEGMENTS_MAX];
    unsigned count;
};

static bool read_segments(int fd, const ElfW(Ehdr) * head, struct segments *out)
{
    size_t size = head->e_phnum * sizeof out->all[0];
    out->count = head->e_phnum;
    return pread(fd, out->all, size, (off_t)head->e_phoff) == (ssize_t)size;
}

static const ElfW(Phdr) * find_segment(const struct segments *segments, uint32_t type)
{
    for (unsigned i = 0; i < segments->count; i++) {
        if (segments->all[i].p_type == type) {
            return &segments->all[i];
        }
    }
    return NULL;
}

static bool has_our_loader(int fd, const struct segments *segments)
{
    char name[sizeof LOADER];
    const ElfW(Phdr) *segment = find_segment(segments, PT_INTERP);
    return segment && segment->p_filesz == sizeof name &&
           pread(fd, name, sizeof name, (off_t)segment->p_offset) == (ssize_t)sizeof name &&
           memcmp(name, LOADER, sizeof name) == 0;
}

/** Where the file has what will stand at an address. @return -1 when it has not */
static off_t offset_of(const struct segments *segments, uint64_t address)
{
    for (unsigned i = 0; i < segments->count; i++) {
        const ElfW(Phdr) *segment = &segments->all[i];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz) {
            return (off_t)(segment->p_offset + (address - segment->p_vaddr));
        }
    }
    return -1;
}

// The runtimes of some sanitizers end the program when a library was loaded before them.
static bool wants_to_be_first(const char *library)
{
    static const char *const names[] = {"libasan.so", "libtsan.so", "liblsan.so", "libhwasan.so",
                                        "libclang_rt."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(library, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool needs_sanitizer(int fd, const struct segments *segments)
{
    ElfW(Dyn) entries[ENTRIES_MAX];
    const ElfW(Phdr) *segment = find_segment(segments, PT_DYNAMIC);
    if (!segment) {
        return false;
    }
    size_t size = segment->p_filesz < sizeof entries ? segment->p_filesz : sizeof entries;
    ssize_t len = pread(fd, entries, size, (off_t)segment->p_offset);
    size_t count = len > 0 ? (size_t)len / sizeof entries[0] : 0;
    off_t names = -1;
    for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++) {
        if (entries[i].d_tag == DT_STRTAB) {
            names = offset_of(segments, entries[i].d_un.d_ptr);
        }
    }
    for (size_t i = 0; names >= 0 && i < count && entries[i].d_tag != DT_NULL; i++) {
        char name[16] = "";
        if (entries[i].d_tag == DT_NEEDED &&
            pread(fd, name, sizeof name - 1, names + (off_t)entries[i].d_un.d_val) > 0 &&
            wants_to_be_first(name)) {
            return true;
        }
    }
    return false;
}

// The loader drops LD_PRELOAD for a program that gains privileges.
static bool is_privileged(int fd)
{
    struct stat st;
    return fstat(fd, &st) < 0 || (st.st_mode & (S_ISUID | S_ISGID)) != 0 ||
           fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static bool can_be_seen(int fd, const ElfW(Ehdr) * head)
{
    struct segments segments;
    return is_own_kind(head) && read_segments(fd, head, &segments) &&
           has_our_loader(fd, &segments) && !needs_sanitizer(fd, &segments) && !is_privileged(fd);
}

/** Read the interpreter of a "#!" line. @return false when there is none that we understand */
static bool parse_shebang(const char *line, size_t len, char out[SJ_SHEBANG_MAX])
{
    size_t start = 2;
    while (start < len && (line[start] == ' ' || line[start] == '\t')) {
        start++;
    }
    size_t end = start;
    while (end < len && line[end] && !strchr(" \t\n", line[end])) {
        end++;
    }
    if (end == start || end == len) {
        return false; // empty, or so long that the kernel would cut it
    }
    memcpy(out, line + start, end - start);
    out[end - start] = '\0';
    return true;
}

int sj_program_judge(int dir_fd, const char *path, char interpreter[SJ_SHEBANG_MAX])
{
    union {
        ElfW(Ehdr) head;
        char line[SJ_SHEBANG_MAX];
    } start;
    char next[SJ_SHEBANG_MAX];
    if (interpreter) {
        interpreter[0] = '\0';
    }

    for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
        // openat() of the preload library would report this look as the tool's own.
        int fd = path[0] ? (int)syscall(SYS_openat, dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                         : dup(dir_fd);
        if (fd < 0) {
            return depth == 0 ? -errno : SJ_PROGRAM_UNSEEN;
        }
        ssize_t len = pread(fd, &start, sizeof start, 0);
        bool is_seen = len >= (ssize_t)sizeof start.head && can_be_seen(fd, &start.head);
        (void)close(fd);
        if (is_seen) {
            return SJ_PROGRAM_SEEN;
        }
        if (len < 2 || memcmp(start.line, "#!", 2) != 0 ||
            !parse_shebang(start.line, (size_t)len, next)) {
            return SJ_PROGRAM_UNSEEN;
        }
        if (interpreter && depth == 0) {
            memcpy(interpreter, next, sizeof next);
        }
        path = next;
        dir_fd = AT_FDCWD;
    }
    return SJ_PROGRAM_UNSEEN;
}
