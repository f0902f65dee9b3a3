#include "Confine.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ARCHITECTURE AUDIT_ARCH_ARM
#else
#error "name this architecture's calls"
#endif

#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES)
// Jumps over the refusal unless it is the call.
#define REFUSE_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), REFUSE

static struct sock_filter filter[] = {
    // Calls of another architecture, whose numbers mean something else.
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), REFUSE,
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
    // And those of its other set of numbers, x32.
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), REFUSE,
#endif
    // Descriptors.
#ifdef __NR_open
    REFUSE_CALL(__NR_open), REFUSE_CALL(__NR_creat),
#endif
    REFUSE_CALL(__NR_openat), REFUSE_CALL(__NR_openat2), REFUSE_CALL(__NR_open_by_handle_at), REFUSE_CALL(__NR_socket),
    REFUSE_CALL(__NR_io_uring_setup), REFUSE_CALL(__NR_pidfd_getfd),
    // Programs.
    REFUSE_CALL(__NR_execve), REFUSE_CALL(__NR_execveat), REFUSE_CALL(__NR_ptrace), REFUSE_CALL(__NR_process_vm_writev),
    // Signals to others; its own threads' are tgkill's.
    REFUSE_CALL(__NR_kill), REFUSE_CALL(__NR_pidfd_open), REFUSE_CALL(__NR_pidfd_send_signal),
    REFUSE_CALL(__NR_rt_sigqueueinfo), REFUSE_CALL(__NR_rt_tgsigqueueinfo),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

int mjpeg_confine(void) {
  const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
  // Without it only root may.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
}
