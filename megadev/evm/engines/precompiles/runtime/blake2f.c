// BLAKE2b's compression with a chosen number of rounds (EIP-152).
#include "words.h"

static const u8 SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};
static const u64 IV[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
#define AT_ONCE 200000 // rounds a step

static inline u64 rotate(u64 x, int by) { return x >> by | x << (64 - by); }

#define MIX(a, b, c, d, x, y)              \
  a += b + (x), d = rotate(d ^ a, 32);     \
  c += d, b = rotate(b ^ c, 24);           \
  a += b + (y), d = rotate(d ^ a, 16);     \
  c += d, b = rotate(b ^ c, 63)

static u64 v[16], m[10][16], h[8]; // the state; the message in each round's order
static u32 remaining, turn;
static u8 *result;

// 213 bytes: rounds, h, m, t, the final block's flag (0 or 1, which the caller has checked); 64 bytes out.
EXPORT(blake2f_start) void blake2f_start(const u8 *in, u8 *out) {
  u64 t[2];
  remaining = load_be(in) >> 32;
  turn = 0;
  result = out;
  copy(h, in + 4, sizeof h);
  copy(t, in + 196, sizeof t);
  for (int round = 0; round < 10; round++)
    for (int i = 0; i < 16; i++) copy(&m[round][i], in + 68 + 8 * SIGMA[round][i], 8);
  copy(v, h, sizeof h);
  copy(v + 8, IV, sizeof IV);
  v[12] ^= t[0];
  v[13] ^= t[1];
  if (in[212]) v[14] = ~v[14];
}

EXPORT(blake2f_step) i32 blake2f_step(void) {
  u64 v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3], v4 = v[4], v5 = v[5], v6 = v[6], v7 = v[7];
  u64 v8 = v[8], v9 = v[9], v10 = v[10], v11 = v[11], v12 = v[12], v13 = v[13], v14 = v[14], v15 = v[15];
  u32 rounds = remaining < AT_ONCE ? remaining : AT_ONCE;
  remaining -= rounds;
  while (rounds--) {
    const u64 *s = m[turn];
    turn = turn == 9 ? 0 : turn + 1;
    MIX(v0, v4, v8, v12, s[0], s[1]);
    MIX(v1, v5, v9, v13, s[2], s[3]);
    MIX(v2, v6, v10, v14, s[4], s[5]);
    MIX(v3, v7, v11, v15, s[6], s[7]);
    MIX(v0, v5, v10, v15, s[8], s[9]);
    MIX(v1, v6, v11, v12, s[10], s[11]);
    MIX(v2, v7, v8, v13, s[12], s[13]);
    MIX(v3, v4, v9, v14, s[14], s[15]);
  }
  u64 now[16] = {v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15};
  copy(v, now, sizeof v);
  if (remaining) return MORE;
  for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
  copy(result, h, sizeof h);
  return YES;
}
