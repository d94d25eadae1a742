/* Keccak-256 as Ethereum uses it (the padding of the original submission, not of FIPS 202). */
#pragma once
#include "words.h"

static const u64 round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

typedef u64 unaligned64 __attribute__((aligned(1)));
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))

/* One round from lanes a to lanes b: theta, rho, pi, chi, iota. Written out: 50 lanes in local variables. */
#define LANE(b, x, y0, y1, y2, y3, y4)                                       \
  {                                                                          \
    u64 t0 = y0, t1 = y1, t2 = y2, t3 = y3, t4 = y4;                         \
    b[x] = t0 ^ (~t1 & t2), b[x + 1] = t1 ^ (~t2 & t3), b[x + 2] = t2 ^ (~t3 & t4); \
    b[x + 3] = t3 ^ (~t4 & t0), b[x + 4] = t4 ^ (~t0 & t1);                  \
  }
#define ROUND(a, b, constant)                                                                             \
  {                                                                                                       \
    u64 c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20], c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];               \
    u64 c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22], c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];               \
    u64 c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];                                                         \
    u64 d0 = c4 ^ ROTATE(c1, 1), d1 = c0 ^ ROTATE(c2, 1), d2 = c1 ^ ROTATE(c3, 1);                        \
    u64 d3 = c2 ^ ROTATE(c4, 1), d4 = c3 ^ ROTATE(c0, 1);                                                 \
    LANE(b, 0, a[0] ^ d0, ROTATE(a[6] ^ d1, 44), ROTATE(a[12] ^ d2, 43), ROTATE(a[18] ^ d3, 21),          \
         ROTATE(a[24] ^ d4, 14))                                                                          \
    b[0] ^= constant;                                                                                     \
    LANE(b, 5, ROTATE(a[3] ^ d3, 28), ROTATE(a[9] ^ d4, 20), ROTATE(a[10] ^ d0, 3), ROTATE(a[16] ^ d1, 45), \
         ROTATE(a[22] ^ d2, 61))                                                                          \
    LANE(b, 10, ROTATE(a[1] ^ d1, 1), ROTATE(a[7] ^ d2, 6), ROTATE(a[13] ^ d3, 25), ROTATE(a[19] ^ d4, 8), \
         ROTATE(a[20] ^ d0, 18))                                                                          \
    LANE(b, 15, ROTATE(a[4] ^ d4, 27), ROTATE(a[5] ^ d0, 36), ROTATE(a[11] ^ d1, 10), ROTATE(a[17] ^ d2, 15), \
         ROTATE(a[23] ^ d3, 56))                                                                          \
    LANE(b, 20, ROTATE(a[2] ^ d2, 62), ROTATE(a[8] ^ d3, 55), ROTATE(a[14] ^ d4, 39), ROTATE(a[15] ^ d0, 41), \
         ROTATE(a[21] ^ d1, 2))                                                                           \
  }

static void permute(u64* state) {
  u64 a[25], b[25];
  for (int i = 0; i < 25; i++) a[i] = state[i];
#pragma clang loop unroll(disable)
  for (int i = 0; i < 24; i += 2) {
    ROUND(a, b, round_constants[i])
    ROUND(b, a, round_constants[i + 1])
  }
  for (int i = 0; i < 25; i++) state[i] = a[i];
}

/* The last block is shorter than 136 bytes; memory goes on behind it, so its last lane is read whole. */
static void keccak_to(u8* digest, const u8* data, u32 size) {
  u64 state[25];
#pragma clang loop unroll(full)
  for (int i = 0; i < 25; i++) state[i] = 0;
  while (size >= 136) {
    for (int i = 0; i < 17; i++) state[i] ^= ((const unaligned64*)data)[i];
    permute(state);
    data += 136;
    size -= 136;
  }
  u32 lanes = size >> 3, bits = 8 * (size & 7);
  for (u32 i = 0; i < lanes; i++) state[i] ^= ((const unaligned64*)data)[i];
  state[lanes] ^= (((const unaligned64*)data)[lanes] & ((1ull << bits) - 1)) | 1ull << bits;
  state[16] ^= 1ull << 63;
  permute(state);
  for (int i = 0; i < 4; i++) ((unaligned64*)digest)[i] = state[i];
}
