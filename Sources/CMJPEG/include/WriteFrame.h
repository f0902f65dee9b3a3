// Frames to a pipe, whole ones alone.
#pragma once
#include <stddef.h>

#pragma clang assume_nonnull begin

/// From now on signals to this thread wait, until `mjpeg_let_signals`: whoever reads frames isn't left within one, and what is counted is what was
/// written.
void mjpeg_hold_signals(void);
void mjpeg_let_signals(void);

/// Writes a frame while signals are held. Where nobody takes anything for a second, those that wait come through. Returns 0 or an error number, EPIPE
/// where the reader has gone.
int mjpeg_write_frame(int file, const void *bytes, size_t count);

#pragma clang assume_nonnull end
