#define _GNU_SOURCE
#include "CMQTT.h"
#include <errno.h>
#include <mosquitto.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// The broker may be sure of a client's death after one and a half of these, seconds: then it sends the last will.
enum { keep_alive = 15, connack_patience = 10000, most_in_flight = 16, greatest_pause = 60 };

struct message {
  char topic[mqtt_longest_topic + 1];
  size_t count;
  char payload[mqtt_longest_payload];
};

struct mqtt_broker {
  struct mqtt_settings settings;
  struct mosquitto *client; // the thread's alone, once that runs
  pthread_t thread;
  int bell; // an eventfd: there is something to do
  // Under the lock: a ring of messages, the oldest at `first`.
  pthread_mutex_t lock;
  int first, waiting;
  struct message messages[mqtt_most_waiting];
  _Atomic uint64_t dropped;
  int announced;
  struct message announcements[mqtt_most_announcements];
  _Atomic bool is_finishing, has_finished;
  // The thread's alone.
  bool is_connected;
  int refusal;
  int in_flight;
  char told[160];
};

static void on_connect(struct mosquitto *client, void *context, int refusal) {
  (void)client;
  struct mqtt_broker *broker = context;
  broker->refusal = refusal;
  broker->is_connected = refusal == 0;
}

static void on_publish(struct mosquitto *client, void *context, int message) {
  (void)client;
  (void)message;
  struct mqtt_broker *broker = context;
  if (broker->in_flight > 0) broker->in_flight--;
}

int mqtt_prepare(const struct mqtt_settings *settings, struct mqtt_broker **result) {
  struct mqtt_broker *broker =
      mmap(NULL, sizeof *broker, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (broker == MAP_FAILED) return errno;
  broker->settings = *settings;
  pthread_mutex_init(&broker->lock, NULL);
  broker->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (broker->bell < 0) return errno;
  mosquitto_lib_init();
  broker->client = mosquitto_new(settings->client_id, true, broker);
  if (broker->client == NULL) return errno;
  mosquitto_connect_callback_set(broker->client, on_connect);
  mosquitto_publish_callback_set(broker->client, on_publish);
  int error = mosquitto_will_set(broker->client, settings->availability_topic, 7, "offline", 1, true);
  if (error == MOSQ_ERR_SUCCESS) error = mosquitto_username_pw_set(broker->client, settings->user, settings->password);
  if (error == MOSQ_ERR_SUCCESS && settings->ca_file != NULL) {
    error = mosquitto_tls_set(broker->client, settings->ca_file, NULL, NULL, NULL, NULL);
  }
  *result = broker;
  return error == MOSQ_ERR_SUCCESS ? 0 : error == MOSQ_ERR_NOMEM ? ENOMEM : EINVAL;
}

static bool fill(struct message *message, const char *topic, const void *payload, size_t count) {
  const size_t length = strlen(topic);
  if (length > mqtt_longest_topic || count > mqtt_longest_payload) return false;
  memcpy(message->topic, topic, length + 1);
  memcpy(message->payload, payload, count);
  message->count = count;
  return true;
}

int mqtt_announce(struct mqtt_broker *broker, const char *topic, const void *payload, size_t count) {
  if (broker->announced == mqtt_most_announcements) return E2BIG;
  if (!fill(&broker->announcements[broker->announced], topic, payload, count)) return E2BIG;
  broker->announced++;
  return 0;
}

static void ring(struct mqtt_broker *broker) { eventfd_write(broker->bell, 1); }

int mqtt_publish(struct mqtt_broker *broker, const char *topic, const void *payload, size_t count) {
  pthread_mutex_lock(&broker->lock);
  struct message *place = &broker->messages[(broker->first + broker->waiting) % mqtt_most_waiting];
  const bool fits = fill(place, topic, payload, count);
  if (fits && broker->waiting < mqtt_most_waiting) {
    broker->waiting++;
  } else if (fits) {
    // The place behind the newest is the oldest one's.
    broker->first = (broker->first + 1) % mqtt_most_waiting;
    atomic_fetch_add(&broker->dropped, 1);
  }
  pthread_mutex_unlock(&broker->lock);
  ring(broker);
  return fits ? 0 : E2BIG;
}

uint64_t mqtt_dropped(struct mqtt_broker *broker) { return atomic_load(&broker->dropped); }

// What the broker can take now. The lock is held while the library copies a message, never while anybody waits.
static int send_waiting(struct mqtt_broker *broker) {
  int error = MOSQ_ERR_SUCCESS;
  pthread_mutex_lock(&broker->lock);
  while (error == MOSQ_ERR_SUCCESS && broker->waiting > 0 && broker->in_flight < most_in_flight) {
    const struct message *message = &broker->messages[broker->first];
    broker->in_flight++;
    error = mosquitto_publish(
        broker->client, NULL, message->topic, (int)message->count, message->payload, broker->settings.qos,
        broker->settings.retain);
    if (error != MOSQ_ERR_SUCCESS) break;
    broker->first = (broker->first + 1) % mqtt_most_waiting;
    broker->waiting--;
  }
  pthread_mutex_unlock(&broker->lock);
  return error;
}

static int announce(struct mqtt_broker *broker) {
  int error = MOSQ_ERR_SUCCESS;
  for (int index = 0; index < broker->announced && error == MOSQ_ERR_SUCCESS; index++) {
    const struct message *message = &broker->announcements[index];
    broker->in_flight++;
    error = mosquitto_publish(
        broker->client, NULL, message->topic, (int)message->count, message->payload, 1, true);
  }
  if (error != MOSQ_ERR_SUCCESS) return error;
  broker->in_flight++;
  return mosquitto_publish(broker->client, NULL, broker->settings.availability_topic, 6, "online", 1, true);
}

static void tell(struct mqtt_broker *broker, const char *text, const char *reason) {
  char line[sizeof broker->told];
  snprintf(line, sizeof line, "%s%s%s", text, reason ? ": " : "", reason ? reason : "");
  if (strcmp(line, broker->told) == 0) return;
  strcpy(broker->told, line);
  dprintf(2, "ferrite-mqtt: %s:%d: %s\n", broker->settings.host, broker->settings.port, line);
}

static int milliseconds_since(const struct timespec *start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int)((now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000);
}

static bool nothing_waits(struct mqtt_broker *broker) {
  pthread_mutex_lock(&broker->lock);
  const bool nothing = broker->waiting == 0;
  pthread_mutex_unlock(&broker->lock);
  return nothing && broker->in_flight == 0;
}

// Sleeps until the socket or the bell has something, a second at most; then lets the library work.
static int turn(struct mqtt_broker *broker) {
  struct pollfd files[] = {
      {.fd = mosquitto_socket(broker->client), .events = POLLIN}, {.fd = broker->bell, .events = POLLIN}};
  if (files[0].fd < 0) return MOSQ_ERR_CONN_LOST;
  if (mosquitto_want_write(broker->client)) files[0].events |= POLLOUT;
  poll(files, 2, 1000);
  eventfd_t rings;
  if (files[1].revents & POLLIN) eventfd_read(broker->bell, &rings);
  // Without anything to read it returns at once; TLS may have kept something back that the socket doesn't show.
  int error = mosquitto_loop_read(broker->client, 1);
  if (error == MOSQ_ERR_SUCCESS && mosquitto_want_write(broker->client)) error = mosquitto_loop_write(broker->client, 1);
  return error == MOSQ_ERR_SUCCESS ? mosquitto_loop_misc(broker->client) : error;
}

// From a connection to its end; the library's reason.
static int serve(struct mqtt_broker *broker, bool *was_connected) {
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  bool has_announced = false, has_parted = false;
  for (;;) {
    int error = turn(broker);
    if (error != MOSQ_ERR_SUCCESS) return error;
    if (!broker->is_connected) {
      if (milliseconds_since(&start) > connack_patience) return MOSQ_ERR_CONN_LOST;
      continue;
    }
    *was_connected = true;
    if (!has_announced) {
      tell(broker, "connected", NULL);
      error = announce(broker);
      has_announced = true;
    }
    if (error == MOSQ_ERR_SUCCESS) error = send_waiting(broker);
    if (error != MOSQ_ERR_SUCCESS) return error;
    if (!broker->is_finishing || !nothing_waits(broker)) continue;
    if (has_parted) return mosquitto_disconnect(broker->client);
    broker->in_flight++;
    mosquitto_publish(broker->client, NULL, broker->settings.availability_topic, 7, "offline", 1, true);
    has_parted = true;
  }
}

static const char *reason(const struct mqtt_broker *broker, int error) {
  if (broker->refusal != 0) return mosquitto_connack_string(broker->refusal);
  return error == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(error);
}

static void *work(void *context) {
  struct mqtt_broker *broker = context;
  int pause = 1;
  for (;;) {
    broker->is_connected = false;
    broker->refusal = 0;
    // Of messages that are not acknowledged at all, the library has forgotten those that it had not written.
    if (broker->settings.qos == 0) broker->in_flight = 0;
    bool was_connected = false;
    errno = 0;
    int error = mosquitto_connect(broker->client, broker->settings.host, broker->settings.port, keep_alive);
    if (error == MOSQ_ERR_SUCCESS) error = serve(broker, &was_connected);
    if (error == MOSQ_ERR_SUCCESS) break;
    if (was_connected) pause = 1;
    tell(broker, was_connected ? "connection lost, trying again" : "not connected, trying again", reason(broker, error));
    if (broker->is_finishing) break;
    struct pollfd bell = {.fd = broker->bell, .events = POLLIN};
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int rest; !broker->is_finishing && (rest = pause * 1000 - milliseconds_since(&start)) > 0;) {
      // Messages ring, too, and change nothing here.
      eventfd_t rings;
      if (poll(&bell, 1, rest) > 0) eventfd_read(broker->bell, &rings);
    }
    pause = pause * 2 < greatest_pause ? pause * 2 : greatest_pause;
  }
  broker->has_finished = true;
  return NULL;
}

int mqtt_start(struct mqtt_broker *broker) { return pthread_create(&broker->thread, NULL, work, broker); }

size_t mqtt_finish(struct mqtt_broker *broker, int milliseconds) {
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  broker->is_finishing = true;
  ring(broker);
  const struct timespec pause = {.tv_nsec = 5000000};
  while (!broker->has_finished && milliseconds_since(&start) < milliseconds) nanosleep(&pause, NULL);
  pthread_mutex_lock(&broker->lock);
  const size_t waiting = (size_t)broker->waiting;
  pthread_mutex_unlock(&broker->lock);
  return waiting;
}
