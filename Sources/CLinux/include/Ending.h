// What a program still does when a signal ends it.
#pragma once

/// From now on a signal that would end the program calls `action(context)` first, at once, whatever the program does: it
/// computes, or it blocks in a read, a write or an open. The program then ends with 0, or with 65 (EX_DATAERR) where the
/// action returned an error number. A fault of its own (SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGABRT, SIGTRAP, SIGSYS) ends it by
/// that signal after the action.
///
/// NULL stands for nothing to do: signals still end the program with 0. Only SIGKILL passes by the action. SIGPIPE and SIGXFSZ
/// no longer end the program: writing fails instead (EPIPE, EFBIG). A parent's choice of blocked signals is overruled.
///
/// `action` runs inside a signal handler: it may only call what signal-safety(7) lists, and system calls.
void linux_before_ending(int (*action)(void *), void *context);
