// The C library as programs use it, and as they shouldn't: what is computed is printed, what must hold is checked.
//
//     library run MODEL SET THREADS < FRAMES        a line for each frame: class, label, logits, probabilities
//     library outputs MODEL SET THREADS < FRAMES    a line for each of its outputs: name, shape, fraction, labels or -, values;
//                                                   behind a frame's pixels the integers of other inputs, 32 bits each
//     library misuse MODEL                          every argument wrong in turn, and functions in the wrong order
//     library truncations MODEL                     every length that is shorter than the file, and some changed bytes
//     library key MODEL TEXT                        the code by which a model is opened with a public key
//
// Whatever the library may read or write ends where a page begins that nobody may touch.
#define _GNU_SOURCE
#include "CHeap.h"
#include <ferrite.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "library.c:%d: %s: it does not hold: %s\n", __LINE__, __func__, #condition); \
      exit(1); \
    } \
  } while (0)

// Memory of `bytes` bytes at a multiple of `alignment`, as near before the untouchable page as that allows.
static void *guarded(size_t bytes, size_t alignment) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t room = (bytes + alignment + page - 1) / page * page;
  char *place = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(place != MAP_FAILED);
  CHECK(mprotect(place + room, page, PROT_NONE) == 0);
  return place + (room - bytes) / alignment * alignment;
}

static unsigned char *file_bytes(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  CHECK(file && fseek(file, 0, SEEK_END) == 0);
  const long length = ftell(file);
  CHECK(length > 0);
  *count = (size_t)length;
  rewind(file);
  unsigned char *bytes = guarded(*count, 64);
  CHECK(fread(bytes, 1, *count, file) == *count);
  fclose(file);
  return bytes;
}

static int run(const char *path, int32_t set, int32_t threads) {
  ferrite_model model;
  ferrite_description about;
  ferrite_error error;
  ferrite_session *session;
  const ferrite_settings settings = {.instruction_set = set, .threads = threads};
  if (ferrite_model_open_file(&model, path, NULL, &error) != FERRITE_OK) {
    fprintf(stderr, "%" PRId32 " %s %" PRIu64 "\n", error.code, error.message, error.byte_offset);
    return error.code;
  }
  CHECK(ferrite_model_describe(&model, &about, &error) == FERRITE_OK);
  const size_t bytes = ferrite_session_bytes(&model, &settings), classes = (size_t)about.class_count;
  // An odd place: memory may start anywhere.
  void *memory = guarded(bytes, 1), *pixels = guarded(about.frame_bytes, 1);
  int32_t *logits = guarded(classes * 4, 4);
  uint32_t *probabilities = guarded(classes * 4, 4);
  if (ferrite_session_open(&session, &model, &settings, memory, bytes, &error) != FERRITE_OK) {
    fprintf(stderr, "%" PRId32 " %s\n", error.code, error.message);
    return error.code;
  }
  CHECK(ferrite_self_test(session, &error) == FERRITE_OK);
  fprintf(stderr, "%s\n", ferrite_instruction_set_name(ferrite_session_instruction_set(session)));
  uint64_t calls = 0;
  while (fread(pixels, 1, about.frame_bytes, stdin) == about.frame_bytes) {
    const uint64_t before = heap_calls();
    CHECK(ferrite_run(session, pixels, about.frame_bytes, &error) == FERRITE_OK);
    CHECK(ferrite_logits(session, logits, classes, &error) == FERRITE_OK);
    CHECK(ferrite_probabilities(session, probabilities, classes, &error) == FERRITE_OK);
    calls += heap_calls() - before;
    printf("%" PRId32 " %s", ferrite_class(session), ferrite_label(session, ferrite_class(session)));
    for (size_t index = 0; index < classes; index++) printf(" %" PRId32, logits[index]);
    for (size_t index = 0; index < classes; index++) printf(" %" PRIu32, probabilities[index]);
    putchar('\n');
  }
  CHECK(calls == 0);
  ferrite_session_close(session);
  CHECK(ferrite_run(session, pixels, about.frame_bytes, &error) == FERRITE_ERROR_CLOSED);
  ferrite_model_close(&model);
  CHECK(ferrite_model_describe(&model, &about, &error) == FERRITE_ERROR_CLOSED);
  return 0;
}

// Reads the integers of the inputs beside the image and sets them, the last input first.
static void set_inputs(const ferrite_model *model, ferrite_session *session, FILE *source) {
  int32_t *values[16];
  ferrite_input input[16];
  for (int32_t index = 1; index < ferrite_input_count(model); index++) {
    CHECK(ferrite_input_describe(model, index, &input[index], NULL) == FERRITE_OK && !input[index].is_image);
    values[index] = guarded(input[index].value_count * 4, 4);
    CHECK(fread(values[index], 4, input[index].value_count, source) == input[index].value_count);
  }
  const uint64_t before = heap_calls();
  for (int32_t index = ferrite_input_count(model) - 1; index > 0; index--)
    CHECK(ferrite_input_set(session, index, values[index], input[index].value_count, NULL) == FERRITE_OK);
  CHECK(heap_calls() == before);
}

static int outputs(const char *path, int32_t set, int32_t threads) {
  ferrite_model model;
  ferrite_description about;
  ferrite_session *session;
  const ferrite_settings settings = {.instruction_set = set, .threads = threads};
  CHECK(ferrite_model_open_file(&model, path, NULL, NULL) == FERRITE_OK);
  CHECK(ferrite_model_describe(&model, &about, NULL) == FERRITE_OK);
  const size_t bytes = ferrite_session_bytes(&model, &settings);
  void *memory = guarded(bytes, 1), *pixels = guarded(about.frame_bytes, 1);
  const int32_t code = ferrite_session_open(&session, &model, &settings, memory, bytes, NULL);
  if (code != FERRITE_OK) return code;
  int32_t *values[16];
  ferrite_output output[16];
  for (int32_t index = 0; index < about.output_count; index++) {
    CHECK(ferrite_output_describe(&model, index, &output[index], NULL) == FERRITE_OK);
    values[index] = guarded(output[index].value_count * 4, 4);
  }
  uint64_t calls = 0;
  while (fread(pixels, 1, about.frame_bytes, stdin) == about.frame_bytes) {
    set_inputs(&model, session, stdin);
    const uint64_t before = heap_calls();
    CHECK(ferrite_run(session, pixels, about.frame_bytes, NULL) == FERRITE_OK);
    for (int32_t index = 0; index < about.output_count; index++)
      CHECK(ferrite_output_values(session, index, values[index], output[index].value_count, NULL) == FERRITE_OK);
    calls += heap_calls() - before;
    for (int32_t index = 0; index < about.output_count; index++) {
      const ferrite_output *one = &output[index];
      printf("%s %" PRId32 " %" PRId32 " %" PRId32 " %" PRId32 " ", ferrite_output_name(session, index), one->height, one->width, one->channels, one->fraction);
      for (int32_t label = 0; one->is_scores && label < one->channels; label++)
        printf("%s%s", label == 0 ? "" : ",", ferrite_output_label(session, index, label));
      if (!one->is_scores) putchar('-');
      for (size_t place = 0; place < one->value_count; place++) printf(" %" PRId32, values[index][place]);
      putchar('\n');
    }
  }
  CHECK(calls == 0);
  ferrite_session_close(session);
  ferrite_model_close(&model);
  return 0;
}

// The same code by the returned value and the error, a text, and no text after success.
static bool is(int32_t expected, int32_t returned, const ferrite_error *error) {
  return returned == expected && error->code == expected && error->message && (error->message[0] == 0) == (expected == FERRITE_OK);
}

static void misuse_models(const char *path) {
  ferrite_error error;
  ferrite_description about;
  ferrite_model model = {{0}};
  size_t count;
  unsigned char *bytes = file_bytes(path, &count);
  CHECK(is(FERRITE_ERROR_CLOSED, ferrite_model_describe(&model, &about, &error), &error));
  ferrite_model_close(&model);
  ferrite_model_close(NULL);
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_model_open_file(NULL, path, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_model_open_file(&model, NULL, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_FILE, ferrite_model_open_file(&model, "/nowhere/at/all", NULL, &error), &error));
  CHECK(error.system_error == 2);
  CHECK(is(FERRITE_ERROR_FILE, ferrite_model_open_file(&model, "/", NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_model_open_bytes(NULL, bytes, count, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_model_open_bytes(&model, NULL, count, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_model_open_bytes(&model, bytes, SIZE_MAX, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_MODEL, ferrite_model_open_bytes(&model, bytes, 0, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ALIGNMENT, ferrite_model_open_bytes(&model, bytes + 1, count - 1, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_KEY, ferrite_model_open_bytes(&model, bytes, count, "", &error), &error));
  CHECK(is(FERRITE_ERROR_KEY, ferrite_model_open_bytes(&model, bytes, count, "ferrite-public-key 0", &error), &error));
  CHECK(ferrite_model_open_bytes(&model, bytes, 10, NULL, NULL) == FERRITE_ERROR_MODEL);
  CHECK(is(FERRITE_ERROR_CLOSED, ferrite_model_describe(&model, &about, &error), &error));
  CHECK(is(FERRITE_OK, ferrite_model_open_bytes(&model, bytes, count, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_model_describe(&model, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_model_describe(NULL, &about, &error), &error));
  CHECK(is(FERRITE_OK, ferrite_model_describe(&model, &about, &error), &error));
  CHECK(memcmp(about.digest, bytes + 64, 32) == 0);
  // An opening that fails leaves no old model behind.
  CHECK(ferrite_model_open_bytes(&model, bytes, 10, NULL, NULL) == FERRITE_ERROR_MODEL);
  CHECK(ferrite_session_bytes(&model, NULL) == 0);
}

static void misuse_sessions(const char *path) {
  ferrite_error error;
  ferrite_description about;
  ferrite_model model, closed = {{0}};
  ferrite_session *session = (ferrite_session *)&error;
  CHECK(ferrite_model_open_file(&model, path, NULL, NULL) == FERRITE_OK);
  CHECK(ferrite_model_describe(&model, &about, NULL) == FERRITE_OK);
  const size_t bytes = ferrite_session_bytes(&model, NULL), classes = (size_t)about.class_count;
  void *memory = guarded(bytes, 1), *pixels = guarded(about.frame_bytes, 1);
  int32_t *logits = guarded(classes * 4, 4);
  const ferrite_settings unknown = {.instruction_set = 99}, many = {.threads = 65}, none = {.threads = -1}, later = {.reserved = {0, 0, 0, 0, 0, 1}};
  const ferrite_settings foreign = {
#ifdef __x86_64__
    .instruction_set = FERRITE_NEON
#else
    .instruction_set = FERRITE_AVX2
#endif
  };
  CHECK(ferrite_session_bytes(NULL, NULL) == 0 && ferrite_session_bytes(&closed, NULL) == 0);
  CHECK(ferrite_session_bytes(&model, &unknown) == 0 && ferrite_session_bytes(&model, &many) == 0 && ferrite_session_bytes(&model, &none) == 0);
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_session_open(NULL, &model, NULL, memory, bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_session_open(&session, NULL, NULL, memory, bytes, &error), &error));
  CHECK(session == NULL);
  CHECK(is(FERRITE_ERROR_CLOSED, ferrite_session_open(&session, &closed, NULL, memory, bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_session_open(&session, &model, NULL, NULL, bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_MEMORY, ferrite_session_open(&session, &model, NULL, memory, bytes - 1, &error), &error));
  CHECK(is(FERRITE_ERROR_MEMORY, ferrite_session_open(&session, &model, NULL, memory, SIZE_MAX, &error), &error));
  CHECK(is(FERRITE_ERROR_MEMORY, ferrite_session_open(&session, &model, NULL, memory, 0, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_session_open(&session, &model, &unknown, memory, bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_session_open(&session, &model, &many, memory, bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_session_open(&session, &model, &none, memory, bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_session_open(&session, &model, &later, memory, bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_INSTRUCTION_SET, ferrite_session_open(&session, &model, &foreign, memory, bytes, &error), &error));
  CHECK(ferrite_instruction_set_is_available(foreign.instruction_set) == 0);

  memset(memory, 0xA5, bytes);
  const uint64_t before = heap_calls();
  CHECK(is(FERRITE_OK, ferrite_session_open(&session, &model, NULL, memory, bytes, &error), &error));
  CHECK(heap_calls() == before);
  CHECK(ferrite_class(session) == -1);
  CHECK(is(FERRITE_ERROR_NO_FRAME, ferrite_logits(session, logits, classes, &error), &error));
  CHECK(is(FERRITE_ERROR_FRAME_SIZE, ferrite_run(session, pixels, about.frame_bytes - 1, &error), &error));
  CHECK(is(FERRITE_ERROR_FRAME_SIZE, ferrite_run(session, pixels, SIZE_MAX, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_run(session, NULL, about.frame_bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_run(NULL, pixels, about.frame_bytes, &error), &error));
  CHECK(ferrite_class(session) == -1);
  CHECK(is(FERRITE_OK, ferrite_run(session, pixels, about.frame_bytes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_logits(session, logits, classes + 1, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_logits(session, NULL, classes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_probabilities(session, NULL, classes, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_probabilities(session, (uint32_t *)logits, SIZE_MAX, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_self_test(NULL, &error), &error));
  CHECK(ferrite_label(session, -1) == NULL && ferrite_label(session, about.class_count) == NULL && ferrite_label(NULL, 0) == NULL);
  CHECK((ferrite_class(session) >= 0) == (classes > 0));
  CHECK((ferrite_label(session, 0) != NULL) == (classes > 0) && (ferrite_label(session, about.class_count - 1) != NULL) == (classes > 0));
  CHECK(ferrite_class(NULL) == -1 && ferrite_session_instruction_set(NULL) == -1);
  CHECK(ferrite_instruction_set_name(6) == NULL && ferrite_instruction_set_name(-1) == NULL && ferrite_instruction_set_is_available(6) == 0);
  ferrite_session_close(session);
  ferrite_session_close(session);
  ferrite_session_close(NULL);
  CHECK(is(FERRITE_ERROR_CLOSED, ferrite_self_test(session, &error), &error));
  CHECK(ferrite_class(session) == -1 && ferrite_label(session, 0) == NULL);
  ferrite_model_close(&model);
  ferrite_model_close(&model);
}

static void misuse_outputs(const char *path) {
  ferrite_error error;
  ferrite_description about;
  ferrite_model model, closed = {{0}};
  ferrite_session *session;
  ferrite_output output;
  CHECK(ferrite_model_open_file(&model, path, NULL, NULL) == FERRITE_OK);
  CHECK(ferrite_model_describe(&model, &about, NULL) == FERRITE_OK);
  const int32_t last = about.output_count - 1, none[] = {-1, about.output_count, 16, INT32_MIN, INT32_MAX};
  for (size_t place = 0; place < sizeof none / sizeof *none; place++)
    CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_describe(&model, none[place], &output, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_describe(&model, 0, NULL, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_describe(NULL, 0, &output, &error), &error));
  CHECK(is(FERRITE_ERROR_CLOSED, ferrite_output_describe(&closed, 0, &output, &error), &error));
  CHECK(is(FERRITE_OK, ferrite_output_describe(&model, last, &output, &error), &error));
  CHECK(output.value_count == (size_t)output.height * (size_t)output.width * (size_t)output.channels);
  CHECK(output.reserved[0] == 0 && output.reserved[1] == 0 && output.reserved[2] == 0);

  const size_t bytes = ferrite_session_bytes(&model, NULL), count = output.value_count;
  void *memory = guarded(bytes, 1), *pixels = guarded(about.frame_bytes, 1);
  int32_t *values = guarded(count * 4, 4);
  CHECK(ferrite_session_open(&session, &model, NULL, memory, bytes, NULL) == FERRITE_OK);
  CHECK(is(FERRITE_ERROR_NO_FRAME, ferrite_output_values(session, last, values, count, &error), &error));
  CHECK(ferrite_run(session, pixels, about.frame_bytes, NULL) == FERRITE_OK);
  for (size_t place = 0; place < sizeof none / sizeof *none; place++) {
    CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_values(session, none[place], values, count, &error), &error));
    CHECK(ferrite_output_name(session, none[place]) == NULL && ferrite_output_label(session, none[place], 0) == NULL);
  }
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_values(session, last, values, count + 1, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_values(session, last, values, count - 1, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_values(session, last, values, SIZE_MAX, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_values(session, last, NULL, count, &error), &error));
  CHECK(is(FERRITE_ERROR_ARGUMENT, ferrite_output_values(NULL, last, values, count, &error), &error));
  CHECK(is(FERRITE_OK, ferrite_output_values(session, last, values, count, &error), &error));
  const int32_t classes = output.is_scores ? output.channels : 0;
  CHECK(ferrite_output_label(session, last, -1) == NULL && ferrite_output_label(session, last, classes) == NULL);
  CHECK((ferrite_output_label(session, last, classes - 1) != NULL) == (classes > 0));
  CHECK(ferrite_output_name(session, last) && ferrite_output_name(NULL, last) == NULL && ferrite_output_label(NULL, last, 0) == NULL);
  ferrite_session_close(session);
  CHECK(is(FERRITE_ERROR_CLOSED, ferrite_output_values(session, last, values, count, &error), &error));
  CHECK(ferrite_output_name(session, last) == NULL && ferrite_output_label(session, last, 0) == NULL);
  ferrite_model_close(&model);
}

static void truncations(const char *path) {
  ferrite_error error;
  ferrite_model model;
  size_t count;
  const unsigned char *whole = file_bytes(path, &count);
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (count + page - 1) / page * page;
  unsigned char *const end = (unsigned char *)guarded(room, 64) + room;
  for (size_t length = 0; length < count; length++) {
    unsigned char *bytes = end - (length + 63) / 64 * 64;
    memcpy(bytes, whole, length);
    CHECK(is(FERRITE_ERROR_MODEL, ferrite_model_open_bytes(&model, bytes, length, NULL, &error), &error));
    CHECK(error.byte_offset <= length);
  }
  unsigned char *bytes = end - (count + 63) / 64 * 64;
  memcpy(bytes, whole, count);
  CHECK(is(FERRITE_OK, ferrite_model_open_bytes(&model, bytes, count, NULL, &error), &error));
  ferrite_model_close(&model);
  for (size_t place = 0; place < count; place += place < 512 ? 1 : 4099) {
    bytes[place] ^= 0x40;
    CHECK(is(FERRITE_ERROR_MODEL, ferrite_model_open_bytes(&model, bytes, count, NULL, &error), &error));
    bytes[place] ^= 0x40;
  }
}

static int key(const char *path, const char *text) {
  ferrite_error error;
  ferrite_model model;
  ferrite_description about = {0};
  ferrite_model_open_file(&model, path, text, &error);
  if (error.code == FERRITE_OK) CHECK(ferrite_model_describe(&model, &about, NULL) == FERRITE_OK);
  printf("%" PRId32 " %" PRIu64 " %" PRIu64 " %s\n", error.code, error.byte_offset, about.signature_sequence, error.message);
  ferrite_model_close(&model);
  return 0;
}

int main(int count, char **words) {
  CHECK(strcmp(ferrite_version(), FERRITE_VERSION) == 0);
  CHECK(count >= 3);
  const char *task = words[1], *path = words[2];
  if (strcmp(task, "run") == 0 && count == 5) return run(path, atoi(words[3]), atoi(words[4]));
  if (strcmp(task, "outputs") == 0 && count == 5) return outputs(path, atoi(words[3]), atoi(words[4]));
  if (strcmp(task, "key") == 0 && count == 4) return key(path, words[3]);
  if (strcmp(task, "misuse") == 0) {
    misuse_models(path);
    misuse_sessions(path);
    misuse_outputs(path);
  } else if (strcmp(task, "truncations") == 0) {
    truncations(path);
  } else {
    CHECK(!"a task");
  }
  printf("%s: passed\n", task);
  return 0;
}
