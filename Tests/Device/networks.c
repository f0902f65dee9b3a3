// Compares networks, by every instruction set that this machine has and 1 to 8 threads, with the scalar reference, in Embedded Swift.
// `networks M.fxm...` prints a line for each network and instruction set, and exits 1 when one differs.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int32_t ferrite_check_network(const void *bytes, int64_t count, uint8_t instruction_set, int32_t threads, void *memory,
                              int64_t memory_bytes, int64_t *found);

enum { most_threads = 8 };
static _Alignas(64) unsigned char model[1 << 20];
static _Alignas(64) unsigned char memory[16 << 20];

static int64_t read_model(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  const size_t count = fread(model, 1, sizeof model, file);
  const int whole = feof(file);
  fclose(file);
  return whole ? (int64_t)count : -1;
}

int main(int count, char **arguments) {
  const char *names[] = {"scalar", "avx2", "avx512vnni", "neon", "dotprod"};
  int failed = 0;
  for (int index = 1; index < count; index++) {
    const int64_t bytes = read_model(arguments[index]);
    if (bytes < 0) {
      fprintf(stderr, "%s: can't be read\n", arguments[index]);
      return 65;
    }
    for (uint8_t set = 0; set < 5; set++) {
      int64_t found[4] = {0};
      int32_t status = 0;
      int32_t threads = 0;
      while (status == 0 && threads < most_threads) {
        threads++;
        status = ferrite_check_network(model, bytes, set, threads, memory, sizeof memory, found);
      }
      if (status == -2) continue;
      if (status == 0) {
        printf("%s: %s agrees, digest %016llx\n", arguments[index], names[set], (unsigned long long)found[0]);
      } else if (status == 1) {
        printf("%s: %s by %d threads differs in frame %lld at operation %lld, element %lld\n", arguments[index], names[set],
               threads, (long long)found[1], (long long)found[2], (long long)found[3]);
        failed = 1;
      } else {
        fprintf(stderr, "%s: %s: %d at byte or for want of %lld\n", arguments[index], names[set], status, (long long)found[0]);
        return 65;
      }
    }
  }
  return failed;
}
