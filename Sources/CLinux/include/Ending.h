// What a program still does when a signal ends it.
#pragma once

#pragma clang assume_nonnull begin

/// The actions before an end, in their order. Those before `linux_ending_parting` are done at any end that a signal makes, that one
/// only where the program ends by order, not by a fault of its own.
enum { linux_ending_lines, linux_ending_lights, linux_ending_parting, linux_ending_actions };

/// From now on a signal that would end the program calls `action(context)` first, at once, whatever the program does: it
/// computes, or it blocks in a read, a write or an open. The program then ends with 0, or with 65 (EX_DATAERR) where an
/// action returned an error number. A fault of its own (SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGABRT, SIGTRAP, SIGSYS) ends it by
/// that signal after the actions.
///
/// NULL stands for nothing to do: without any action signals still end the program with 0. Only SIGKILL passes by the actions.
/// SIGPIPE and SIGXFSZ no longer end the program: writing fails instead (EPIPE, EFBIG). A parent's choice of blocked signals is
/// overruled.
///
/// `action` runs inside a signal handler: it may only call what signal-safety(7) lists, and system calls.
void linux_before_ending(int order, int (*_Nullable action)(void *_Nullable context), void *_Nullable context);

/// From now on SIGUSR1 ends nothing but calls `action(context)`, under the same rules; the program goes on.
void linux_on_request(void (*action)(void *_Nullable context), void *_Nullable context);

#pragma clang assume_nonnull end
