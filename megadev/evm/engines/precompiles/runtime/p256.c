// ECDSA over secp256r1 (EIP-7951).
#include "words.h"
#define LIMBS 4
#define SPARE_BIT 0
#define F(name) p256_##name
#include "p256_constants.h"
#include "field.inc"
#define G(name) p256_##name
#define E(name) p256_fp_##name
#define A_IS_MINUS_3
#include "curve.inc"
#undef F
#define F(name) p256n_##name
#include "p256_order_constants.h"
#include "field.inc"

static void tabulate(p256_point *table, const p256_point *p) {
  zero(table, sizeof *table);
  table[1] = *p;
  for (int i = 2; i < 16; i += 2) {
    p256_double(&table[i], &table[i / 2]);
    p256_add(&table[i + 1], &table[i], p);
  }
}

// 160 bytes: hash, r, s, x, y. 1 for a valid signature.
EXPORT(p256_verify) i32 p256_verify(const u8 *in) {
  p256n_fp hash, r, s, u1, u2;
  p256_point key, sum, by_base[16], by_key[16];
  for (int i = 0; i < 4; i++) hash.limb[3 - i] = load_be(in + 8 * i);
  p256n_to_montgomery(&hash); // of any 256 bits: the product is below the order all the same
  if (!p256n_fp_load(&r, in + 32) || !p256n_fp_load(&s, in + 64)) return 0;
  if (p256n_fp_is_zero(&r) || p256n_fp_is_zero(&s)) return 0;
  if (!p256_fp_load(&key.x, in + 96) || !p256_fp_load(&key.y, in + 128)) return 0;
  p256_fp left, right, t;
  p256_fp_square(&left, &key.y);
  p256_fp_square(&right, &key.x);
  p256_fp_sub(&right, &right, &p256_THREE);
  p256_fp_mul(&right, &right, &key.x);
  p256_fp_add(&right, &right, &p256_B);
  if (!p256_fp_equal(&left, &right)) return 0; // (0, 0), the encoding of infinity, too
  key.z = p256_fp_ONE;
  p256n_fp_invert(&s, &s);
  p256n_fp_mul(&u1, &hash, &s);
  p256n_fp_mul(&u2, &r, &s);
  p256n_from_montgomery(&u1, &u1);
  p256n_from_montgomery(&u2, &u2);
  tabulate(by_key, &key);
  tabulate(by_base, &p256_BASE);
  zero(&sum, sizeof sum);
  for (int i = 63; i >= 0; i--) {
    for (int j = 0; j < 4; j++) p256_double(&sum, &sum);
    p256_add(&sum, &sum, &by_base[u1.limb[i / 16] >> (4 * (i % 16)) & 15]);
    p256_add(&sum, &sum, &by_key[u2.limb[i / 16] >> (4 * (i % 16)) & 15]);
  }
  if (p256_is_infinity(&sum)) return 0;
  p256_affine point;
  u8 x[32];
  p256_to_affine(&point, &sum);
  p256_fp_store(x, &point.x);
  for (int i = 0; i < 4; i++) t.limb[3 - i] = load_be(x + 8 * i);
  p256n_fp order_x;
  copy(&order_x, &t, sizeof t);
  p256n_to_montgomery(&order_x);
  return p256n_fp_equal(&order_x, &r);
}
