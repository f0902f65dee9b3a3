// A broker of messages (MQTT), kept connected by a thread of its own. Whoever publishes never waits for it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
  mqtt_longest_topic = 255,
  mqtt_longest_payload = 1535,
  /// Messages that wait for the broker; when one more comes, the oldest is dropped and counted.
  mqtt_most_waiting = 64,
  mqtt_most_announcements = 4
};

struct mqtt_broker;

struct mqtt_settings {
  const char *host;
  int port;
  const char *client_id;
  /// NULL for none.
  const char *_Nullable user, *_Nullable password;
  /// A file of certificates by which the broker's is checked; NULL for a connection without TLS.
  const char *_Nullable ca_file;
  /// Says "online" while there is a connection, and by the broker's own hand "offline" when that is lost; retained.
  const char *availability_topic;
  int qos;
  bool retain;
};

/// Prepares a connection. Returns 0 or an error number of the system; EINVAL for an identifier or a file of certificates that the library
/// refuses. `settings` and what it points to stay as they are.
int mqtt_prepare(const struct mqtt_settings *settings, struct mqtt_broker *_Nullable *_Nonnull broker);

/// Adds a retained message that is sent with each connection, before all others; before `mqtt_start`. Returns 0 or E2BIG.
int mqtt_announce(struct mqtt_broker *broker, const char *topic, const void *payload, size_t count);

/// Starts the thread that connects, and connects again after 1, 2, 4 and at most 60 seconds. What it meets it tells on standard error, each
/// trouble once. Returns 0 or an error number.
int mqtt_start(struct mqtt_broker *broker);

/// Adds a message to those that wait. Never waits itself. Returns 0 or E2BIG.
int mqtt_publish(struct mqtt_broker *broker, const char *topic, const void *payload, size_t count);

/// Messages that were dropped.
uint64_t mqtt_dropped(struct mqtt_broker *broker);

/// Sends what waits and says "offline", but no longer than for `milliseconds`. Returns messages that were not sent.
size_t mqtt_finish(struct mqtt_broker *broker, int milliseconds);

/// Makes SIGTERM, SIGINT and SIGHUP end `mqtt_read` instead of the program; SIGPIPE ends nothing.
void mqtt_end_by_signals(void);

/// At most `bytes` bytes; 0 at the end, and from when a signal has asked for it. A negated error number where that fails.
ptrdiff_t mqtt_read(int file, void *place, size_t bytes);

/// The machine's name, with what has no place in a topic replaced by '-'.
const char *mqtt_host_name(void);

#pragma clang assume_nonnull end
