// The declarations of shim.h by libgpiod 1.6 (Debian 12).
#pragma once

typedef struct gpiod_chip gpio_chip;

struct gpio_request {
  struct gpiod_line_bulk lines;
  int initial[GPIOD_LINE_BULK_MAX_LINES];
};

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

static inline int gpio_request_set(gpio_request *request, const int *values) {
  return gpiod_line_set_value_bulk(&request->lines, values) == 0 ? 0 : errno;
}

static inline void gpio_request_release(gpio_request *request) { gpiod_line_release_bulk(&request->lines); }
