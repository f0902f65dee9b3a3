#include "Ending.h"
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static int (*volatile last_action)(void *);
static void *volatile last_context;

static int act(void) {
  int (*action)(void *) = last_action;
  return action ? action(last_context) : 0;
}

// The program never goes on behind this handler, so nothing that it interrupted can be found half done.
static void end(int number) {
  (void)number;
  _exit(act() == 0 ? 0 : 65);
}

// The default is in force again (SA_RESETHAND) and the signal waits until the handler returns.
static void end_by_fault(int number) {
  act();
  raise(number);
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
  default:
    handling.sa_handler = end;
  }
  sigaction(number, &handling, NULL);
}

void linux_before_ending(int (*action)(void *), void *context) {
  // At no moment do an action and another one's context stand together.
  last_action = NULL;
  last_context = context;
  last_action = action;
  static char stack[65536];
  sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
  for (int number = 1; number <= SIGRTMAX; number++) handle(number);
  // The C library keeps 32 and 33 to itself, and hands out no handler for them; without its threads nobody sends them, and
  // blocked by the kernel they don't end the program. All others are let through.
  const uint64_t blocked = (uint64_t)1 << 31 | (uint64_t)1 << 32;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked);
}
