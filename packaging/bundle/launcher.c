/*
 * Starts a program of the bundle with the loader and the libraries of the bundle, wherever it lies.
 *
 * A program names its loader by an absolute path, so an image without that file cannot start it; nor can a folder be moved
 * that has a loader of its own. This program needs no loader: it is one piece, without a C library. Named FOLDER/bin/NAME, it
 * does what the kernel does for FOLDER/lib/ld.so, which then loads FOLDER/libexec/NAME. It could as well execute ld.so; but
 * then ld.so would be the program that /proc/PID/exe and ps tell of, and that starts where Secretary starts itself again.
 *
 * The stack at the start is described in the System V ABI, "Process Initialization"; see also getauxval(3).
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define AT_FDCWD (-100)
#define PATH_ROOM 4096
#define PAGE 4096UL

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call launch\n hlt\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* Nothing is registered to be called at the end (rdx). */
static _Noreturn void enter(uintptr_t entry, uintptr_t *stack) {
    __asm__ volatile("mov %0, %%rsp\n xor %%edx, %%edx\n jmp *%1" : : "r"(stack), "r"(entry) : "memory");
    __builtin_unreachable();
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n mov x29, #0\n mov x30, #0\n mov x0, sp\n b launch\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

static _Noreturn void enter(uintptr_t entry, uintptr_t *stack) {
    __asm__ volatile("mov sp, %0\n mov x0, #0\n br %1" : : "r"(stack), "r"(entry) : "memory");
    __builtin_unreachable();
}
#else
#error "the launcher does not know this processor"
#endif

/* The compiler may call it for copies of structures and loops that clear memory. */
void *memset(void *target, int value, size_t count) {
    for (volatile char *byte = target; count--; byte++) *byte = (char)value;
    return target;
}

static size_t length(const char *text) {
    size_t count = 0;
    while (text[count]) count++;
    return count;
}

static _Noreturn void fail(const char *path, const char *problem) {
    call(SYS_write, 2, (long)path, (long)length(path), 0, 0, 0);
    call(SYS_write, 2, (long)problem, (long)length(problem), 0, 0, 0);
    call(SYS_exit_group, 127, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

/* Appends to a path; what is too long is refused. */
static char *append(char *end, const char *limit, const char *text) {
    while (*text) {
        if (end + 1 >= limit) fail(text, ": the path of the bundle is too long\n");
        *end++ = *text++;
    }
    *end = 0;
    return end;
}

static int protection(uint32_t flags) {
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static uintptr_t page(uintptr_t address) { return address & ~(PAGE - 1); }

static void map(uintptr_t start, uintptr_t end, int protection, int flags, long file, long offset, const char *path) {
    if (end <= start) return;
    long at = call(SYS_mmap, (long)start, (long)(end - start), protection, flags | MAP_PRIVATE | MAP_FIXED, file, offset);
    if (at != (long)start) fail(path, ": cannot be mapped\n");
}

/* Maps the parts of a loader into memory, at a place of the kernel's choice; says where. */
static uintptr_t load(const char *path, Elf64_Ehdr *header, Elf64_Phdr *parts, size_t room) {
    long file = call(SYS_openat, AT_FDCWD, (long)path, 02000000 /* O_CLOEXEC */, 0, 0, 0);
    if (file < 0) fail(path, ": cannot be opened: the bundle is not complete\n");
    if (call(SYS_read, file, (long)header, sizeof *header, 0, 0, 0) != sizeof *header || header->e_type != ET_DYN ||
        header->e_phentsize != sizeof *parts || header->e_phnum > room ||
        call(SYS_pread64, file, (long)parts, (long)(header->e_phnum * sizeof *parts), (long)header->e_phoff, 0, 0) !=
            (long)(header->e_phnum * sizeof *parts))
        fail(path, ": is not a loader\n");

    uintptr_t end = 0;
    for (size_t i = 0; i < header->e_phnum; i++)
        if (parts[i].p_type == PT_LOAD && parts[i].p_vaddr + parts[i].p_memsz > end)
            end = parts[i].p_vaddr + parts[i].p_memsz;
    long base = call(SYS_mmap, 0, (long)end, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base < 0 && base > -4096) fail(path, ": no memory\n");

    for (size_t i = 0; i < header->e_phnum; i++) {
        if (parts[i].p_type != PT_LOAD) continue;
        uintptr_t start = (uintptr_t)base + parts[i].p_vaddr, stored = start + parts[i].p_filesz;
        uintptr_t zeroed = page(stored + PAGE - 1);
        int access = protection(parts[i].p_flags);
        map(page(start), stored, access, 0, file, (long)page(parts[i].p_offset), path);
        if (parts[i].p_memsz == parts[i].p_filesz) continue;
        if (access & PROT_WRITE) memset((void *)stored, 0, zeroed - stored);
        map(zeroed, start + parts[i].p_memsz, access, MAP_ANONYMOUS, -1, 0, path);
    }
    call(SYS_close, file, 0, 0, 0, 0, 0);
    return (uintptr_t)base;
}

__attribute__((used)) _Noreturn void launch(uintptr_t *given) {
    static const char loader_name[] = "/lib/ld.so", library_name[] = "/lib", program_folder[] = "/libexec";
    char own[PATH_ROOM], loader[PATH_ROOM], libraries[PATH_ROOM], program[PATH_ROOM];
    long count = call(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)own, sizeof own - 1, 0, 0);
    if (count <= 0) fail("/proc/self/exe", ": cannot be read: /proc has to be mounted\n");
    own[count] = 0;
    char *name = own + count;
    while (name > own && *name != '/') name--;
    char *folder = name - 1;
    while (folder > own && *folder != '/') folder--;
    if (folder < own) fail(own, ": is not in a bundle\n");

    char *end = append(program, program + sizeof program, "");
    *folder = 0;
    append(append(loader, loader + sizeof loader, own), loader + sizeof loader, loader_name);
    append(append(libraries, libraries + sizeof libraries, own), libraries + sizeof libraries, library_name);
    end = append(append(program, program + sizeof program, own), program + sizeof program, program_folder);
    append(end, program + sizeof program, name);

    Elf64_Ehdr header;
    Elf64_Phdr parts[16];
    uintptr_t base = load(loader, &header, parts, sizeof parts / sizeof *parts);

    /* The new stack: the same but for the loader's own arguments, and what the kernel says about it. */
    size_t arguments = given[0], rest = 1 + arguments + 1;
    while (given[rest]) rest++;
    size_t auxiliary = ++rest;
    while (given[rest]) rest += 2;
    rest += 2;
    const char *inserted[] = {"ld.so", "--inhibit-cache", "--library-path", libraries, "--argv0",
                              arguments > 0 ? (char *)given[1] : own, program};
    size_t added = sizeof inserted / sizeof *inserted - (arguments > 0 ? 1 : 0);
    uintptr_t room[rest + added + 2], *stack = (uintptr_t *)(((uintptr_t)room + 15) & ~15UL);
    size_t top = 0;
    stack[top++] = arguments + added;
    for (size_t i = 0; i < sizeof inserted / sizeof *inserted; i++) stack[top++] = (uintptr_t)inserted[i];
    for (size_t i = arguments > 0 ? 2 : 1; i < rest; i++) stack[top++] = given[i];
    for (uintptr_t *entry = stack + top - (rest - auxiliary); entry[0] != AT_NULL; entry += 2) {
        if (entry[0] == AT_PHDR) entry[1] = base + header.e_phoff;
        if (entry[0] == AT_PHNUM) entry[1] = header.e_phnum;
        if (entry[0] == AT_BASE) entry[1] = 0;
        if (entry[0] == AT_ENTRY) entry[1] = base + header.e_entry;
    }
    enter(base + header.e_entry, stack);
}
