#include "Ending.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
  int (*volatile action)(void *);
  void *volatile context;
} last[linux_ending_actions];

static void (*volatile request)(void *);
static void *volatile request_context;

// All of them, even where one fails; the first error.
static int act(int count) {
  int error = 0;
  for (int order = 0; order < count; order++) {
    int (*action)(void *) = last[order].action;
    const int found = action ? action(last[order].context) : 0;
    if (error == 0) error = found;
  }
  return error;
}

// The program never goes on behind this handler, so nothing that it interrupted can be found half done.
static void end(int number) {
  (void)number;
  _exit(act(linux_ending_actions) == 0 ? 0 : 65);
}

// The default is in force again (SA_RESETHAND) and the signal waits until the handler returns.
static void end_by_fault(int number) {
  act(linux_ending_parting);
  raise(number);
}

static void answer(int number) {
  (void)number;
  const int error = errno;
  request(request_context);
  errno = error;
}

static void handle(int number) {
  struct sigaction handling = {0};
  // No second signal interrupts the action, and an overflowing stack doesn't prevent it.
  sigfillset(&handling.sa_mask);
  handling.sa_flags = SA_ONSTACK;
  switch (number) {
  case SIGKILL: case SIGSTOP: // nobody handles these
  case SIGCHLD: case SIGCONT: case SIGURG: case SIGWINCH: // end nothing
  case SIGTSTP: case SIGTTIN: case SIGTTOU: // stop, don't end
    return;
  case SIGPIPE: case SIGXFSZ:
    handling.sa_handler = SIG_IGN;
    break;
  case SIGILL: case SIGTRAP: case SIGABRT: case SIGBUS: case SIGFPE: case SIGSEGV: case SIGSYS:
    handling.sa_handler = end_by_fault;
    handling.sa_flags |= (int)SA_RESETHAND;
    break;
  case SIGUSR1:
    if (request) {
      handling.sa_handler = answer;
      handling.sa_flags |= SA_RESTART;
      break;
    }
    // fall through
  default:
    handling.sa_handler = end;
  }
  sigaction(number, &handling, NULL);
}

static void prepare_stack(void) {
  // For a report and a summary, each with a text and histograms; untouched it takes no memory.
  static char stack[128 << 10];
  sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
}

// The C library keeps 32 and 33 to itself, and hands out no handler for them; without its threads nobody sends them, and
// blocked by the kernel they don't end the program. All others are let through.
static void let_signals_through(void) {
  const uint64_t blocked = (uint64_t)1 << 31 | (uint64_t)1 << 32;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked);
}

void linux_before_ending(int order, int (*action)(void *), void *context) {
  // At no moment do an action and another one's context stand together.
  last[order].action = NULL;
  last[order].context = context;
  last[order].action = action;
  prepare_stack();
  for (int number = 1; number <= SIGRTMAX; number++) handle(number);
  let_signals_through();
}

void linux_on_request(void (*action)(void *), void *context) {
  request_context = context;
  request = action;
  prepare_stack();
  handle(SIGUSR1);
}
