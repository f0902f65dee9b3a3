// The declarations of shim.h by libgpiod 2 (Debian 13).
#pragma once
#include <stdlib.h>
#include <string.h>

/// The kernel's own bound on the lines of a request.
enum { gpio_most_lines = 64 };

// To callers a handle, as with libgpiod 1: what it stands for is `gpio_opened`.
typedef struct gpio_chip gpio_chip;

struct gpio_opened {
  struct gpiod_chip *chip;
  struct gpiod_chip_info *info;
  /// Of each line what was last asked of the kernel, or NULL: names and consumers live in it.
  struct gpiod_line_info **lines;
};

struct gpio_request {
  struct gpiod_line_request *request;
  unsigned int count;
  int initial[gpio_most_lines];
};

static inline struct gpio_opened *gpio_opened(gpio_chip *chip) { return (struct gpio_opened *)chip; }

static inline unsigned int gpio_chip_line_count(gpio_chip *chip) {
  return (unsigned int)gpiod_chip_info_get_num_lines(gpio_opened(chip)->info);
}

static inline void gpio_chip_close(gpio_chip *chip) {
  struct gpio_opened *opened = gpio_opened(chip);
  if (opened->lines) {
    for (unsigned int offset = 0; offset < gpio_chip_line_count(chip); offset++) {
      if (opened->lines[offset]) gpiod_line_info_free(opened->lines[offset]);
    }
  }
  free(opened->lines);
  if (opened->info) gpiod_chip_info_free(opened->info);
  if (opened->chip) gpiod_chip_close(opened->chip);
  free(opened);
}

static inline gpio_chip *gpio_chip_open(unsigned int number, int *error) {
  char path[] = "/dev/gpiochip##########";
  char *end = strchr(path, '#');
  unsigned int power = 1;
  while (number / power >= 10) power *= 10;
  for (; power > 0; power /= 10) *end++ = (char)('0' + number / power % 10);
  *end = 0;
  struct gpio_opened *opened = (struct gpio_opened *)calloc(1, sizeof *opened);
  if (!opened) {
    *error = ENOMEM;
    return NULL;
  }
  gpio_chip *chip = (gpio_chip *)opened;
  opened->chip = gpiod_chip_open(path);
  if (opened->chip) opened->info = gpiod_chip_get_info(opened->chip);
  if (opened->info) {
    opened->lines = (struct gpiod_line_info **)calloc(gpio_chip_line_count(chip) + 1, sizeof *opened->lines);
  }
  *error = opened->lines ? 0 : errno;
  if (opened->lines) return chip;
  gpio_chip_close(chip);
  return NULL;
}

static inline const char *gpio_chip_label(gpio_chip *chip) { return gpiod_chip_info_get_label(gpio_opened(chip)->info); }

static inline int gpio_chip_line(gpio_chip *chip, unsigned int offset, gpio_line *line) {
  if (offset >= gpio_chip_line_count(chip)) return EINVAL;
  struct gpiod_line_info **kept = &gpio_opened(chip)->lines[offset];
  // Once only: texts that callers hold stay where they are.
  if (!*kept) *kept = gpiod_chip_get_line_info(gpio_opened(chip)->chip, offset);
  if (!*kept) return errno;
  const char *name = gpiod_line_info_get_name(*kept), *consumer = gpiod_line_info_get_consumer(*kept);
  *line = (gpio_line){name ? name : "", consumer ? consumer : "", gpiod_line_info_is_used(*kept)};
  return 0;
}

static inline enum gpiod_line_value gpio_level(int value) {
  return value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
}

/// What every line of a request has, its value aside; 0, or -1 with `errno`.
static inline int gpio_set_up(struct gpiod_line_settings *settings, bool active_low, gpio_drive drive, gpio_bias bias) {
  static const enum gpiod_line_drive drives[] = {GPIOD_LINE_DRIVE_PUSH_PULL, GPIOD_LINE_DRIVE_OPEN_DRAIN,
                                                 GPIOD_LINE_DRIVE_OPEN_SOURCE};
  static const enum gpiod_line_bias biases[] = {GPIOD_LINE_BIAS_AS_IS, GPIOD_LINE_BIAS_DISABLED, GPIOD_LINE_BIAS_PULL_UP,
                                                GPIOD_LINE_BIAS_PULL_DOWN};
  gpiod_line_settings_set_active_low(settings, active_low);
  if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) != 0) return -1;
  if (gpiod_line_settings_set_drive(settings, drives[drive]) != 0) return -1;
  return gpiod_line_settings_set_bias(settings, biases[bias]);
}

static inline int gpio_request_outputs(gpio_chip *chip, const unsigned int *offsets, const int *values, unsigned int count,
                                       const char *consumer, bool active_low, gpio_drive drive, gpio_bias bias,
                                       gpio_request *request) {
  if (count > gpio_most_lines) return EINVAL;
  struct gpiod_line_settings *settings = gpiod_line_settings_new();
  struct gpiod_line_config *config = gpiod_line_config_new();
  struct gpiod_request_config *options = gpiod_request_config_new();
  int error = settings && config && options ? 0 : ENOMEM;
  if (!error && gpio_set_up(settings, active_low, drive, bias) != 0) error = errno;
  for (unsigned int index = 0; index < count && !error; index++) {
    request->initial[index] = values[index];
    if (gpiod_line_settings_set_output_value(settings, gpio_level(values[index])) != 0 ||
        gpiod_line_config_add_line_settings(config, &offsets[index], 1, settings) != 0) {
      error = errno;
    }
  }
  if (!error) {
    gpiod_request_config_set_consumer(options, consumer);
    request->count = count;
    request->request = gpiod_chip_request_lines(gpio_opened(chip)->chip, options, config);
    if (!request->request) error = errno;
  }
  if (options) gpiod_request_config_free(options);
  if (config) gpiod_line_config_free(config);
  if (settings) gpiod_line_settings_free(settings);
  return error;
}

static inline int gpio_request_set(gpio_request *request, const int *values) {
  enum gpiod_line_value levels[gpio_most_lines];
  for (unsigned int index = 0; index < request->count; index++) levels[index] = gpio_level(values[index]);
  return gpiod_line_request_set_values(request->request, levels) == 0 ? 0 : errno;
}

static inline void gpio_request_release(gpio_request *request) { gpiod_line_request_release(request->request); }
