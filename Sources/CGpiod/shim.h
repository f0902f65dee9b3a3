// GPIO by libgpiod 1.6. Callers see chips, lines and one request; libgpiod 2, whose calls differ, can stand behind the same
// declarations. Functions return 0, or an error number.
#pragma once
#include <errno.h>
#include <gpiod.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct gpiod_chip gpio_chip;

/// A line as the kernel describes it. Texts live as long as the chip and are empty where the kernel gives none.
typedef struct {
  const char *name;
  const char *consumer;
  bool is_used;
} gpio_line;

/// Several lines of one chip, driven as outputs, and the values that they began with.
typedef struct {
  struct gpiod_line_bulk lines;
  int initial[GPIOD_LINE_BULK_MAX_LINES];
} gpio_request;

/// Opens /dev/gpiochipNUMBER, or sets `error`.
static inline gpio_chip *gpio_chip_open(unsigned int number, int *error) {
  gpio_chip *chip = gpiod_chip_open_by_number(number);
  *error = chip ? 0 : errno;
  return chip;
}

static inline void gpio_chip_close(gpio_chip *chip) { gpiod_chip_close(chip); }

static inline const char *gpio_chip_label(gpio_chip *chip) { return gpiod_chip_label(chip); }

static inline unsigned int gpio_chip_line_count(gpio_chip *chip) { return gpiod_chip_num_lines(chip); }

static inline int gpio_chip_line(gpio_chip *chip, unsigned int offset, gpio_line *line) {
  struct gpiod_line *handle = gpiod_chip_get_line(chip, offset);
  if (!handle) return errno;
  const char *name = gpiod_line_name(handle), *consumer = gpiod_line_consumer(handle);
  *line = (gpio_line){name ? name : "", consumer ? consumer : "", gpiod_line_is_used(handle)};
  return 0;
}

typedef enum { GPIO_PUSH_PULL, GPIO_OPEN_DRAIN, GPIO_OPEN_SOURCE } gpio_drive;
typedef enum { GPIO_BIAS_AS_IS, GPIO_BIAS_NONE, GPIO_PULL_UP, GPIO_PULL_DOWN } gpio_bias;

/// Takes all lines in one request, as outputs, at `values` from the start. A value is logical: with `active_low`, 1 is the
/// low level.
static inline int gpio_request_outputs(gpio_chip *chip, const unsigned int *offsets, const int *values, unsigned int count,
                                       const char *consumer, bool active_low, gpio_drive drive, gpio_bias bias,
                                       gpio_request *request) {
  unsigned int copy[GPIOD_LINE_BULK_MAX_LINES];
  if (count > GPIOD_LINE_BULK_MAX_LINES) return EINVAL;
  for (unsigned int index = 0; index < count; index++) {
    copy[index] = offsets[index];
    request->initial[index] = values[index];
  }
  if (gpiod_chip_get_lines(chip, copy, count, &request->lines) != 0) return errno;
  static const int drives[] = {0, GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN, GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE};
  static const int biases[] = {0, GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE, GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
                               GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN};
  const int flags = (active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0) | drives[drive] | biases[bias];
  return gpiod_line_request_bulk_output_flags(&request->lines, consumer, flags, values) == 0 ? 0 : errno;
}

/// Sets every line of the request in one call of the kernel.
static inline int gpio_request_set(gpio_request *request, const int *values) {
  return gpiod_line_set_value_bulk(&request->lines, values) == 0 ? 0 : errno;
}

/// Sets every line of a `gpio_request` to the value that it began with. Signal handlers may call it: libgpiod reads memory that
/// doesn't change between request and release, and makes one system call.
static inline int gpio_request_set_initial(void *request) {
  return gpio_request_set((gpio_request *)request, ((gpio_request *)request)->initial);
}

static inline void gpio_request_release(gpio_request *request) { gpiod_line_release_bulk(&request->lines); }
