/*
 * classify MODEL.fxm IMAGE.pgm...: a line for each picture, a binary PGM of the model's size.
 *
 *     cc classify.c $(pkg-config --cflags --libs ferrite) -o classify
 */
#include <ferrite.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *name, const ferrite_error *error) {
  fprintf(stderr, "classify: %s: %s", name, error->message);
  if (error->code == FERRITE_ERROR_MODEL) fprintf(stderr, " (byte %" PRIu64 ")", error->byte_offset);
  if (error->system_error != 0) fprintf(stderr, ": %s", strerror(error->system_error));
  fputc('\n', stderr);
  exit(65);
}

/* Whether the file is a grey picture of the model's size; its pixels are then in `pixels`. */
static int read_picture(const char *path, const ferrite_description *model, void *pixels) {
  int width = 0, height = 0;
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  const int is_picture = fscanf(file, "P5 %d %d 255", &width, &height) == 2 && fgetc(file) != EOF && width == model->width &&
                         height == model->height && model->channels == 1 && fread(pixels, 1, model->frame_bytes, file) == model->frame_bytes;
  fclose(file);
  return is_picture;
}

int main(int count, char **words) {
  ferrite_model model;
  ferrite_session *session;
  ferrite_description description;
  ferrite_error error;
  if (count < 3) {
    fputs("usage: classify MODEL.fxm IMAGE.pgm...\n", stderr);
    return 64;
  }
  if (ferrite_model_open_file(&model, words[1], NULL, &error) != FERRITE_OK) give_up(words[1], &error);
  ferrite_model_describe(&model, &description, NULL);
  if (description.class_count == 0) {
    fprintf(stderr, "classify: %s: the model doesn't tell classes\n", words[1]);
    return 65;
  }

  const size_t bytes = ferrite_session_bytes(&model, NULL);
  void *memory = malloc(bytes), *pixels = malloc(description.frame_bytes);
  uint32_t *probabilities = malloc((size_t)description.class_count * sizeof *probabilities);
  if (!memory || !pixels || !probabilities) {
    fputs("classify: too little memory\n", stderr);
    return 65;
  }
  if (ferrite_session_open(&session, &model, NULL, memory, bytes, &error) != FERRITE_OK) give_up(words[1], &error);

  for (int index = 2; index < count; index++) {
    if (!read_picture(words[index], &description, pixels)) {
      fprintf(stderr, "classify: %s: no PGM of %d x %d pixels\n", words[index], (int)description.width, (int)description.height);
      return 65;
    }
    if (ferrite_run(session, pixels, description.frame_bytes, &error) != FERRITE_OK) give_up(words[index], &error);
    const int32_t best = ferrite_class(session);
    ferrite_probabilities(session, probabilities, (size_t)description.class_count, NULL);
    printf("%s: %s %.6f\n", words[index], ferrite_label(session, best), probabilities[best] / (double)FERRITE_ONE);
  }
  ferrite_session_close(session);
  ferrite_model_close(&model);
  free(probabilities);
  free(pixels);
  free(memory);
  return 0;
}
