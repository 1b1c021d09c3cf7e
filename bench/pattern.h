/* The content of every large answer: byte i is bench_pattern_byte(i), whoever sends it, so that a client can check each
 * byte that it gets. C, for the FastCGI responder's sake. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Prime, so that no frame size divides it: two frames that change places do not go unseen. */
#define BENCH_PATTERN_PERIOD 65521
/* Bytes of the longest piece that can be taken out of the pattern. */
#define BENCH_PATTERN_PIECE 65536
#define BENCH_PATTERN_SIZE (BENCH_PATTERN_PERIOD + BENCH_PATTERN_PIECE)

static inline unsigned char bench_pattern_byte(uint64_t i) {
  const uint32_t at = (uint32_t)(i % BENCH_PATTERN_PERIOD);
  return (unsigned char)((at * 2654435761U) >> 24);
}

/* Fills `out` with the pattern's first BENCH_PATTERN_SIZE bytes: the content from offset o on is found at
 * o % BENCH_PATTERN_PERIOD, BENCH_PATTERN_PIECE bytes of it. */
static inline void bench_pattern_fill(unsigned char* out) {
  for (size_t i = 0; i < BENCH_PATTERN_SIZE; ++i) out[i] = bench_pattern_byte(i);
}
