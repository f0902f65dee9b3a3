// Compares the kernels of every instruction set that this machine has with the scalar reference, in Embedded Swift.
// `kernels SEEDS` prints a line for each instruction set and exits 1 when one differs.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int64_t ferrite_check_kernels(uint8_t instruction_set, int64_t count, void *memory, uint64_t *digest);

static _Alignas(64) unsigned char memory[1 << 20];

int main(int count, char **arguments) {
  const char *names[] = {"scalar", "avx2", "avx512vnni", "neon", "dotprod"};
  int64_t problems = count > 1 ? atoll(arguments[1]) : 1000;
  int failed = 0;
  for (uint8_t set = 0; set < 5; set++) {
    uint64_t digest = 0;
    int64_t result = ferrite_check_kernels(set, problems, memory, &digest);
    if (result == INT64_MIN) continue;
    if (result < 0) {
      printf("%s: differs at seed %lld\n", names[set], (long long)(-1 - result));
      failed = 1;
    } else {
      printf("%s: %lld problems agree, digest %016llx\n", names[set], (long long)result, (unsigned long long)digest);
    }
  }
  return failed;
}
