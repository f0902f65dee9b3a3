/*
 * ferrite.h: runs fixed-point networks (.fxm files of `ferrite export`) from C99 and C++11.
 *
 * In short, without checks (examples/c/classify.c has them):
 *
 *     ferrite_model model;
 *     ferrite_session *session;
 *     ferrite_model_open_file(&model, "model.fxm", NULL, NULL);
 *     size_t bytes = ferrite_session_bytes(&model, NULL);
 *     ferrite_session_open(&session, &model, NULL, malloc(bytes), bytes, NULL);
 *     ferrite_run(session, pixels, pixel_bytes, NULL);
 *     puts(ferrite_label(session, ferrite_class(session)));
 *
 * Link with -lferrite and nothing else: the library needs the C library of Linux alone. It allocates nothing: what a session needs lies in
 * memory that the caller gives. Results are integers, and the same bits on every machine, by every instruction set and number of threads.
 *
 * Functions that can fail return FERRITE_OK, which is 0, or one of the codes below, and tell more by the ferrite_error that they are
 * given, if it isn't NULL. No bytes of a model and no argument ends the program or reads or writes outside of what was passed: a pointer
 * is NULL or points to what its type and the size beside it say, and everything else is an error. Where a function fails, it has changed
 * nothing, unless it says so.
 *
 * Threads: an open model can be used by several threads at once, a session by one at a time, whichever it is. Of sessions on one model each
 * thread can have its own. After fork(), a child can neither use nor close its parent's sessions of more than one thread.
 *
 * Memory: 256 KiB of stack are enough for every function. Nothing is kept in variables of the library's own.
 */
#ifndef FERRITE_H
#define FERRITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; ferrite_version() tells the library's. Before 1.0.0, equal major and minor numbers mean that programs need
 * not be compiled again. */
#define FERRITE_VERSION_MAJOR 0
#define FERRITE_VERSION_MINOR 1
#define FERRITE_VERSION_PATCH 0
#define FERRITE_VERSION "0.1.0"

/* "MAJOR.MINOR.PATCH" of the library. */
const char *ferrite_version(void);

/* ---- Errors ------------------------------------------------------------------------------------------------------------------------ */

enum {
  FERRITE_OK = 0,
  FERRITE_ERROR_ARGUMENT = 1,        /* a pointer is NULL, or a number out of range */
  FERRITE_ERROR_CLOSED = 2,          /* the model or the session isn't open */
  FERRITE_ERROR_FILE = 3,            /* the file can't be read: system_error tells why */
  FERRITE_ERROR_MODEL = 4,           /* this is no model that the library runs: byte_offset tells where */
  FERRITE_ERROR_SIGNATURE = 5,       /* it isn't signed as the public key demands: byte_offset tells where */
  FERRITE_ERROR_KEY = 6,             /* the public key isn't one */
  FERRITE_ERROR_ALIGNMENT = 7,       /* a model in memory doesn't start at a multiple of 64 */
  FERRITE_ERROR_MEMORY = 8,          /* the memory is too small for the session */
  FERRITE_ERROR_INSTRUCTION_SET = 9, /* this machine lacks the instruction set */
  FERRITE_ERROR_THREADS = 10,        /* the system refuses a thread: system_error tells why */
  FERRITE_ERROR_FRAME_SIZE = 11,     /* a frame is not of the model's input size */
  FERRITE_ERROR_NO_FRAME = 12,       /* the session has run no frame yet */
  FERRITE_ERROR_NO_TEST_VECTORS = 13,
  FERRITE_ERROR_SELF_TEST = 14,      /* the test vectors give other values than the file states */
  FERRITE_ERROR_INPUT = 15           /* an input beside the image has not been set for the frame */
};

typedef struct ferrite_error {
  uint64_t byte_offset; /* of a model: the byte of the file where the fault is, else 0 */
  const char *message;  /* one line of English without a full stop, "" after success; never NULL, valid for ever */
  int32_t code;         /* what the function returned */
  int32_t system_error; /* a value of errno, else 0 */
} ferrite_error;

/* ---- Instruction sets -------------------------------------------------------------------------------------------------------------- */

/* All give the same bits; they differ in speed. */
enum {
  FERRITE_BEST = 0,   /* the fastest that the machine has */
  FERRITE_SCALAR = 1, /* plain loops: the specification */
  FERRITE_AVX2 = 2,
  FERRITE_AVX512VNNI = 3,
  FERRITE_NEON = 4,
  FERRITE_DOTPROD = 5 /* 64-bit ARM with FEAT_DotProd: Cortex-A76 and later */
};

/* "best", "scalar", "avx2", ...; NULL for a number that is none of the above. */
const char *ferrite_instruction_set_name(int32_t instruction_set);

/* 1 if this machine has the instruction set, else 0. */
int32_t ferrite_instruction_set_is_available(int32_t instruction_set);

/* ---- Models ------------------------------------------------------------------------------------------------------------------------ */

/* A model that has been checked whole: the caller's variable, about which only the functions below know. Whether it is still open shows in it,
 * so it needs no initial value before it is opened; what has never been passed to ferrite_model_open... must be zeros to be recognised as
 * not open. It may be moved, but not be used as two copies. */
typedef struct ferrite_model {
  uint64_t opaque[32];
} ferrite_model;

/* Maps and checks a file. With a key, the file is read into memory of its own first, so that what was verified is what runs; without one,
 * whoever replaces the file should do so by rename(), as for every file that is mapped.
 *
 * public_key: the text of a .pub file of `ferrite keygen`: "ferrite-public-key ", 64 hexadecimal digits and a line feed. Then the model
 *   has to be signed with its secret key. NULL takes any model, signed or not.
 *
 * Fails with ARGUMENT, FILE, MODEL, SIGNATURE, KEY; the model is not open then. */
int32_t ferrite_model_open_file(ferrite_model *model, const char *path, const char *public_key, ferrite_error *error);

/* Checks a whole file's bytes in memory, at a multiple of 64. They are not copied: they stay as they are until the model has been closed.
 *
 * Fails with ARGUMENT, ALIGNMENT, MODEL, SIGNATURE, KEY; the model is not open then. */
int32_t ferrite_model_open_bytes(
    ferrite_model *model, const void *bytes, size_t byte_count, const char *public_key, ferrite_error *error);

/* Its sessions have been closed before. NULL and what isn't open are no errors. */
void ferrite_model_close(ferrite_model *model);

/* What a model takes and gives. */
typedef struct ferrite_description {
  uint64_t signature_sequence; /* the signer's count, 0 without a signature; verified if the model was opened with a key */
  size_t frame_bytes;          /* of the image, the first input: height * width * channels */
  int32_t height, width, channels;
  int32_t class_count;    /* 0 unless exactly one output is of scores: most detectors don't tell classes */
  int32_t logit_fraction; /* a logit is the integer times 2 to the power of -logit_fraction; 0 without classes */
  int32_t test_vector_count;
  int32_t is_signed;    /* 1 with a signature behind the file, else 0 */
  uint8_t digest[32];   /* BLAKE2b-256 of the file, as `ferrite inspect` prints it */
  int32_t output_count; /* 1...16 */
} ferrite_description;

/* Fails with ARGUMENT, CLOSED. */
int32_t ferrite_model_describe(const ferrite_model *model, ferrite_description *description, ferrite_error *error);

/* One of the outputs of a model: an image, a list of boxes, or, with a height and a width of 1, a vector. */
typedef struct ferrite_output {
  size_t value_count; /* height * width * channels */
  int32_t height, width, channels;
  int32_t fraction;     /* a value is the integer times 2 to the power of -fraction, -64...64 */
  int32_t is_scores;    /* 1 for a vector of logits, each with a label; 0 for values whose meaning the program knows */
  uint32_t reserved[3]; /* 0 */
} ferrite_output;

/* Describes an output.
 *
 * index: 0 to output_count - 1 of ferrite_model_describe, in the order of `ferrite inspect`.
 *
 * Fails with ARGUMENT, CLOSED. */
int32_t ferrite_output_describe(const ferrite_model *model, int32_t index, ferrite_output *output, ferrite_error *error);

/* Inputs of an open model, 1...16, the image first; 0 for one that isn't open. */
int32_t ferrite_input_count(const ferrite_model *model);

/* One of the inputs of a model: the image, whose pixels are given to ferrite_run, or numbers beside it, which ferrite_input_set takes. */
typedef struct ferrite_input {
  size_t value_count; /* height * width * channels */
  int32_t height, width, channels;
  int32_t fraction;       /* a number is the integer times 2 to the power of -fraction, -64...64; 0 for the image */
  int32_t least, greatest; /* of the integers: others count as the nearer of these; 0 and 255 for the image */
  int32_t is_image;       /* 1 for the image, input 0, else 0 */
  uint32_t reserved[3];   /* 0 */
} ferrite_input;

/* Describes an input.
 *
 * index: 0 to ferrite_input_count - 1, in the order of `ferrite inspect`.
 *
 * Fails with ARGUMENT, CLOSED. */
int32_t ferrite_input_describe(const ferrite_model *model, int32_t index, ferrite_input *input, ferrite_error *error);

/* ---- Sessions ---------------------------------------------------------------------------------------------------------------------- */

enum { FERRITE_MAXIMUM_THREADS = 64 };

/* How a session computes. Zeros, and NULL in the place of a pointer to it, mean the best instruction set and one thread. */
typedef struct ferrite_settings {
  int32_t instruction_set;
  /* That share the work of a frame, the caller's included: 0 and 1 stand for one, 64 is the limit. */
  int32_t threads;
  uint32_t reserved[6]; /* 0 */
} ferrite_settings;

/* A model at work, in memory of the caller's. */
typedef struct ferrite_session ferrite_session;

/* Bytes of memory that a session of a model takes. 0 for a model that isn't open or settings out of range, SIZE_MAX for more than any memory
 * has. */
size_t ferrite_session_bytes(const ferrite_model *model, const ferrite_settings *settings);

/* Makes a session. The model stays open and the memory the session's alone until the session has been closed. Memory may start anywhere and
 * hold anything. With more than one thread the system's own calls take memory for them; nothing after this takes any.
 *
 * session: set to NULL if this fails. The memory's content may have changed then.
 *
 * Fails with ARGUMENT, CLOSED, MEMORY, INSTRUCTION_SET, THREADS. */
int32_t ferrite_session_open(
    ferrite_session **session, const ferrite_model *model, const ferrite_settings *settings, void *memory, size_t memory_bytes,
    ferrite_error *error);

/* Ends its threads. The memory is the caller's again. NULL is no error. */
void ferrite_session_close(ferrite_session *session);

/* The instruction set that was chosen, never FERRITE_BEST; -1 for no session. */
int32_t ferrite_session_instruction_set(const ferrite_session *session);

/* An input's name, UTF-8, valid until the session is closed; NULL for an index that is no input. */
const char *ferrite_input_name(const ferrite_session *session, int32_t index);

/* Sets an input beside the image for the next frame: each such input is set before each ferrite_run, in any order. The results of
 * the frame before are gone then: memory of theirs may serve the input.
 *
 * index: 1 to ferrite_input_count - 1.
 * values: row by row, in these pixel by pixel, in these channel by channel: a number times 2 to the power of the input's fraction, rounded.
 * count: value_count of ferrite_input_describe.
 *
 * Fails with ARGUMENT, CLOSED. */
int32_t ferrite_input_set(
    ferrite_session *session, int32_t index, const int32_t *values, size_t count, ferrite_error *error);

/* Runs a frame. Inputs beside the image, if the model has any, have been set since the frame before.
 *
 * pixels: height rows of width pixels of channels bytes, 0...255 as a camera or a picture file has them: scale and mean of the training are in
 *   the model.
 * byte_count: frame_bytes of ferrite_model_describe.
 *
 * Fails with ARGUMENT, CLOSED, FRAME_SIZE, INPUT; the results are still those of the frame before then, unless an input has been set. */
int32_t ferrite_run(ferrite_session *session, const void *pixels, size_t byte_count, ferrite_error *error);

/* The class of the last frame: the first of the greatest logit. -1 before the first frame, for no session, and for a model
 * that doesn't tell classes. */
int32_t ferrite_class(const ferrite_session *session);

/* A class's name, UTF-8, valid until the session is closed; NULL for an index that is no class. */
const char *ferrite_label(const ferrite_session *session, int32_t index);

/* Writes the last frame's logits, the only output of scores as it is.
 *
 * count: the model's class_count.
 *
 * Fails with ARGUMENT, CLOSED, NO_FRAME. */
int32_t ferrite_logits(const ferrite_session *session, int32_t *logits, size_t count, ferrite_error *error);

/* Certainty, as a probability. */
#define FERRITE_ONE 65536

/* Writes the softmax of the last frame's logits, computed in integers: multiples of 1 / FERRITE_ONE, each rounded by itself.
 *
 * count: the model's class_count.
 *
 * Fails with ARGUMENT, CLOSED, NO_FRAME. */
int32_t ferrite_probabilities(const ferrite_session *session, uint32_t *probabilities, size_t count, ferrite_error *error);

/* An output's name, UTF-8, valid until the session is closed; NULL for an index that is no output. */
const char *ferrite_output_name(const ferrite_session *session, int32_t index);

/* The name of a class of an output of scores, UTF-8, valid until the session is closed; NULL where there is none. ferrite_label is for models with
 * one such output, this is for any. */
const char *ferrite_output_label(const ferrite_session *session, int32_t index, int32_t label);

/* Writes an output of the last frame as it is: row by row, in these pixel by pixel, in these channel by channel.
 *
 * count: value_count of ferrite_output_describe.
 *
 * Fails with ARGUMENT, CLOSED, NO_FRAME. */
int32_t ferrite_output_values(
    const ferrite_session *session, int32_t index, int32_t *values, size_t count, ferrite_error *error);

/* Runs the test vectors of the model's file: FERRITE_OK says that this machine computes to the bit what the exporter did. The results are the
 * last vector's then.
 *
 * Fails with CLOSED, NO_TEST_VECTORS, SELF_TEST. */
int32_t ferrite_self_test(ferrite_session *session, ferrite_error *error);

#ifdef __cplusplus
}
#endif

#endif
