// BLS12-381 (EIP-2537): y^2 = x^3 + 4 over Fp, y^2 = x^3 + 4 (1 + u) over Fp2.
#include "words.h"
#define F(name) bls_##name
#define LIMBS 6
#define SPARE_BIT 1
#include "bls12_381_constants.h"
#include "field.inc"
#include "tower.inc"

static void bls_fp2_mul_by_xi(bls_fp2 *o, const bls_fp2 *a) {
  bls_fp t;
  bls_fp_add(&t, &a->c0, &a->c1);
  bls_fp_sub(&o->c0, &a->c0, &a->c1);
  o->c1 = t;
}

static int bls_fp_sqrt(bls_fp *o, const bls_fp *a) {
  bls_fp r, s;
  bls_fp_power(&r, a, &bls_SQRT_EXPONENT);
  bls_fp_square(&s, &r);
  int exists = bls_fp_equal(&s, a);
  *o = r;
  return exists;
}

// The complex method. False where there is no root.
static int bls_fp2_sqrt(bls_fp2 *o, const bls_fp2 *a) {
  bls_fp2 r;
  bls_fp n, t;
  if (bls_fp_is_zero(&a->c1)) {
    zero(&r, sizeof r);
    if (!bls_fp_sqrt(&r.c0, &a->c0)) {
      bls_fp_negate(&t, &a->c0);
      zero(&r.c0, sizeof r.c0);
      bls_fp_sqrt(&r.c1, &t);
    }
    *o = r;
    return 1;
  }
  bls_fp_square(&n, &a->c0);
  bls_fp_square(&t, &a->c1);
  bls_fp_add(&n, &n, &t);
  if (!bls_fp_sqrt(&n, &n)) return 0;
  bls_fp_add(&t, &a->c0, &n);
  bls_fp_mul(&t, &t, &bls_HALF);
  if (!bls_fp_sqrt(&r.c0, &t)) {
    bls_fp_sub(&t, &a->c0, &n);
    bls_fp_mul(&t, &t, &bls_HALF);
    if (!bls_fp_sqrt(&r.c0, &t)) return 0;
  }
  bls_fp_invert(&t, &r.c0);
  bls_fp_mul(&t, &t, &bls_HALF);
  bls_fp_mul(&r.c1, &a->c1, &t);
  *o = r;
  return 1;
}

// sgn0 of RFC 9380, section 4.1
static int bls_fp_sign(const bls_fp *a) {
  bls_fp plain;
  bls_from_montgomery(&plain, a);
  return plain.limb[0] & 1;
}
static int bls_fp2_sign(const bls_fp2 *a) { return bls_fp_is_zero(&a->c0) ? bls_fp_sign(&a->c1) : bls_fp_sign(&a->c0); }

// 64 bytes, the first 16 of them zero
static int bls_fp_read(bls_fp *o, const u8 *from) {
  return !load_be(from) && !load_be(from + 8) && bls_fp_load(o, from + 16);
}
static int bls_fp2_read(bls_fp2 *o, const u8 *from) { return bls_fp_read(&o->c0, from) && bls_fp_read(&o->c1, from + 64); }
static void bls_fp_write(u8 *to, const bls_fp *a) {
  zero(to, 16);
  bls_fp_store(to + 16, a);
}
static void bls_fp2_write(u8 *to, const bls_fp2 *a) {
  bls_fp_write(to, &a->c0);
  bls_fp_write(to + 64, &a->c1);
}

static const u64 X = 0xd201000000010000ull; // the curve's parameter is -X

#define G(name) bls_g1_##name
#define E(name) bls_fp_##name
#define B bls_B
#define FIELD_BYTES 64
#define ISOGENY(name) bls_G1_##name
#include "curve.inc"

// phi(P) = -[X^2]P in the subgroup of order r only (ePrint 2022/352), where phi(x, y) = (BETA x, y).
static int bls_g1_in_subgroup(const bls_g1_affine *a) {
  bls_g1_point p, q;
  bls_g1_from_affine(&p, a);
  bls_g1_multiply_sparse(&q, &p, X);
  bls_g1_multiply_sparse(&q, &q, X);
  bls_fp_mul(&p.x, &p.x, &bls_BETA);
  bls_g1_add(&q, &q, &p);
  return bls_g1_is_infinity(&q);
}

// RFC 9380, section 8.8.1: by 1 + X
static void bls_g1_clear_cofactor(bls_g1_point *p) { bls_g1_multiply_sparse(p, p, X + 1); }
#include "group.inc"
#undef G
#undef E
#undef B
#undef FIELD_BYTES
#undef ISOGENY

#define G(name) bls_g2_##name
#define E(name) bls_fp2_##name
#define B bls_TWIST_B
#define FIELD_BYTES 128
#define ISOGENY(name) bls_G2_##name
#include "curve.inc"

static void psi(bls_g2_point *o, const bls_g2_point *p) {
  bls_fp2_conjugate(&o->x, &p->x);
  bls_fp2_conjugate(&o->y, &p->y);
  bls_fp2_conjugate(&o->z, &p->z);
  bls_fp2_mul(&o->x, &o->x, &bls_PSI_X);
  bls_fp2_mul(&o->y, &o->y, &bls_PSI_Y);
}

// psi(P) = -[X]P in the subgroup of order r only.
static int bls_g2_in_subgroup(const bls_g2_affine *a) {
  bls_g2_point p, q;
  bls_g2_from_affine(&p, a);
  bls_g2_multiply_sparse(&q, &p, X);
  psi(&p, &p);
  bls_g2_add(&q, &q, &p);
  return bls_g2_is_infinity(&q);
}

// RFC 9380, appendix G.3, with the parameter's sign worked in
static void bls_g2_clear_cofactor(bls_g2_point *p) {
  bls_g2_point t1, t2, t3, n;
  bls_g2_multiply_sparse(&t1, p, X);
  bls_g2_negate(&t1, &t1);
  psi(&t2, p);
  bls_g2_double(&t3, p);
  psi(&t3, &t3);
  psi(&t3, &t3);
  bls_g2_negate(&n, &t2);
  bls_g2_add(&t3, &t3, &n);
  bls_g2_add(&t2, &t1, &t2);
  bls_g2_multiply_sparse(&t2, &t2, X);
  bls_g2_negate(&t2, &t2);
  bls_g2_add(&t3, &t3, &t2);
  bls_g2_negate(&n, &t1);
  bls_g2_add(&t3, &t3, &n);
  bls_g2_negate(&n, p);
  bls_g2_add(p, &t3, &n);
}
#include "group.inc"

EXPORT(bls_g1_add) i32 bls_g1_add_points(const u8 *in, u8 *out) { return bls_g1_sum(in, out); }
EXPORT(bls_g2_add) i32 bls_g2_add_points(const u8 *in, u8 *out) { return bls_g2_sum(in, out); }
EXPORT(bls_g1_msm_start) void bls_g1_msm_start(const u8 *in, u32 count, u8 *out) { bls_g1_start(in, count, out); }
EXPORT(bls_g2_msm_start) void bls_g2_msm_start(const u8 *in, u32 count, u8 *out) { bls_g2_start(in, count, out); }
EXPORT(bls_g1_msm_step) i32 bls_g1_msm_step(void) { return bls_g1_step(); }
EXPORT(bls_g2_msm_step) i32 bls_g2_msm_step(void) { return bls_g2_step(); }
EXPORT(bls_map_fp) i32 bls_map_fp(const u8 *in, u8 *out) { return bls_g1_map(in, out); }
EXPORT(bls_map_fp2) i32 bls_map_fp2(const u8 *in, u8 *out) { return bls_g2_map(in, out); }

#include "pairing.inc"

// Lines on an M-twist: one + x v + y v w.
static void bls_multiply_by_line(bls_fp12 *f, const bls_line *line) {
  bls_fp6 a, b, e;
  bls_fp2 s;
  bls_fp6_mul_by_01(&a, &f->c0, &line->one, &line->x);
  bls_fp6_mul_by_1(&b, &f->c1, &line->y);
  bls_fp6_add(&e, &f->c0, &f->c1);
  bls_fp2_add(&s, &line->x, &line->y);
  bls_fp6_mul_by_01(&e, &e, &line->one, &s);
  bls_fp6_sub(&e, &e, &a);
  bls_fp6_sub(&f->c1, &e, &b);
  bls_fp6_mul_by_v(&b, &b);
  bls_fp6_add(&f->c0, &a, &b);
}

static void power_of_parameter(bls_fp12 *o, const bls_fp12 *a) {
  bls_fp12_power(o, a, X);
  bls_fp12_conjugate(o, o);
}

// f^(3 (p^4 - p^2 + 1) / r) = f^((x-1)^2 (x+p) (x^2+p^2-1) + 3) (ePrint 2020/875); 3 is prime to r.
static void hard_part(bls_fp12 *f) {
  bls_fp12 t, u, c;
  bls_fp12_conjugate(&c, f);
  power_of_parameter(&t, f);
  bls_fp12_mul(&t, &t, &c);
  bls_fp12_conjugate(&c, &t);
  power_of_parameter(&u, &t);
  bls_fp12_mul(&t, &u, &c);
  power_of_parameter(&u, &t);
  bls_fp12_frobenius(&t, &t);
  bls_fp12_mul(&t, &t, &u);
  power_of_parameter(&u, &t);
  power_of_parameter(&u, &u);
  bls_fp12_conjugate(&c, &t);
  bls_fp12_mul(&u, &u, &c);
  bls_fp12_frobenius(&t, &t);
  bls_fp12_frobenius(&t, &t);
  bls_fp12_mul(&u, &u, &t);
  bls_fp12_square(&t, f);
  bls_fp12_mul(&t, &t, f);
  bls_fp12_mul(f, &t, &u);
}

static bls_fp12 product;
static const u8 *next;
static u32 remaining;

EXPORT(bls_pairing_start) void bls_pairing_start(const u8 *in, u32 count) {
  bls_fp12_one(&product);
  next = in;
  remaining = count;
}

// YES where the product of the pairings is one; INVALID for a pair that is none. The parameter is negative, so every Miller
// function is the inverse of what it should be: the product is one all the same.
EXPORT(bls_pairing_step) i32 bls_pairing_step(void) {
  bls_fp12 f;
  int waiting = 0;
  for (int i = 0; i < PAIRS && remaining; i++, remaining--, next += 384) {
    bls_pair *pair = &bls_pairs[waiting];
    if (!bls_g1_read(&pair->p, next) || !bls_g2_read(&pair->q, next + 128)) return INVALID;
    if (!bls_g1_in_subgroup(&pair->p) || !bls_g2_in_subgroup(&pair->q)) return INVALID;
    waiting += !bls_g1_affine_is_infinity(&pair->p) && !bls_g2_affine_is_infinity(&pair->q);
  }
  if (waiting) {
    bls_miller(&f, waiting, 63, X);
    bls_fp12_mul(&product, &product, &f);
  }
  if (remaining) return MORE;
  bls_easy_part(&f, &product);
  hard_part(&f);
  return bls_fp12_is_one(&f);
}
