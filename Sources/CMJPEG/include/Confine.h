// What a decoder doesn't need, given up before the first picture.
#pragma once

/// From now on this thread, and threads that it starts, open nothing, reach no network, and start, trace or signal no other program: the kernel refuses with
/// EACCES (seccomp(2)). What is open stays so. Returns 0 or an error number, ENOSYS or EINVAL where the kernel can't.
int mjpeg_confine(void);
