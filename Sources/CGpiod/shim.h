// GPIO by libgpiod, 1.6 or 2, whichever the compiler finds: their calls differ, and stand behind the same declarations. Callers see chips,
// lines and one request. Functions return 0, or an error number.
//
//   gpio_chip_open(number, &error)    opens /dev/gpiochipNUMBER, or sets `error`
//   gpio_chip_label, _line_count      what the kernel says of a chip
//   gpio_chip_line(chip, offset, &l)  describes a line
//   gpio_request_outputs(...)         takes all lines in one request, as outputs, at `values` from the start. A value is logical: with
//                                     `active_low`, 1 is the low level
//   gpio_request_set(request, values) sets every line of the request in one call of the kernel
//   gpio_request_release, gpio_chip_close
#pragma once
#include <errno.h>
#include <gpiod.h>
#include <stdbool.h>
#include <stddef.h>

/// A line as the kernel describes it. Texts live as long as the chip and are empty where the kernel gives none.
typedef struct {
  const char *name;
  const char *consumer;
  bool is_used;
} gpio_line;

typedef enum { GPIO_PUSH_PULL, GPIO_OPEN_DRAIN, GPIO_OPEN_SOURCE } gpio_drive;
typedef enum { GPIO_BIAS_AS_IS, GPIO_BIAS_NONE, GPIO_PULL_UP, GPIO_PULL_DOWN } gpio_bias;

/// Several lines of one chip, driven as outputs, and the values that they began with.
typedef struct gpio_request gpio_request;

// Bulks of lines are libgpiod 1's alone.
#ifdef GPIOD_LINE_BULK_MAX_LINES
#include "Version1.h"
#else
#include "Version2.h"
#endif

/// Sets every line of a `gpio_request` to the value that it began with. Signal handlers may call it: both libraries read memory that
/// doesn't change between request and release, and make one system call.
static inline int gpio_request_set_initial(void *request) {
  return gpio_request_set((gpio_request *)request, ((gpio_request *)request)->initial);
}
