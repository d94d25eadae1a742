// alt_bn128 (EIP-196, EIP-197): y^2 = x^3 + 3 over Fp, y^2 = x^3 + 3 / (9 + u) over Fp2.
#include "words.h"
#define F(name) bn254_##name
#define LIMBS 4
#define SPARE_BIT 1
#include "bn254_constants.h"
#include "field.inc"
#include "tower.inc"

static void bn254_fp2_mul_by_xi(bn254_fp2 *o, const bn254_fp2 *a) {
  bn254_fp2 t, n;
  bn254_fp2_double(&t, a);
  bn254_fp2_double(&t, &t);
  bn254_fp2_double(&t, &t);
  bn254_fp2_add(&t, &t, a);
  bn254_fp_negate(&n.c0, &a->c1);
  n.c1 = a->c0;
  bn254_fp2_add(o, &t, &n);
}

#define G(name) bn254_g1_##name
#define E(name) bn254_fp_##name
#include "curve.inc"
#undef G
#undef E
#define G(name) bn254_g2_##name
#define E(name) bn254_fp2_##name
#include "curve.inc"
#undef G
#undef E
#include "pairing.inc"

static const u64 X = 4965661367192848881ull; // the parameter of the curve

// 64 bytes; zeros are infinity. False for what is no point.
static int load_g1(bn254_g1_affine *o, const u8 *from) {
  if (!bn254_fp_load(&o->x, from) || !bn254_fp_load(&o->y, from + 32)) return 0;
  if (bn254_g1_affine_is_infinity(o)) return 1;
  bn254_fp l, r;
  bn254_fp_square(&l, &o->y);
  bn254_fp_square(&r, &o->x);
  bn254_fp_mul(&r, &r, &o->x);
  bn254_fp_add(&r, &r, &bn254_B);
  return bn254_fp_equal(&l, &r);
}

static void store_g1(u8 *to, const bn254_g1_point *p) {
  bn254_g1_affine a;
  bn254_g1_to_affine(&a, p);
  bn254_fp_store(to, &a.x);
  bn254_fp_store(to + 32, &a.y);
}

// psi: the p-power map, brought back to the twist
static void psi(bn254_g2_point *o, const bn254_g2_point *p) {
  bn254_fp2_conjugate(&o->x, &p->x);
  bn254_fp2_conjugate(&o->y, &p->y);
  bn254_fp2_conjugate(&o->z, &p->z);
  bn254_fp2_mul(&o->x, &o->x, &bn254_FROBENIUS[1]);
  bn254_fp2_mul(&o->y, &o->y, &bn254_FROBENIUS[2]);
}

// [X+1]P + psi([X]P) + psi^2([X]P) = psi^3([2X]P) holds in the subgroup of order r only (ePrint 2022/352).
static int in_subgroup(const bn254_g2_affine *a) {
  bn254_g2_point p, xp, l, t;
  bn254_g2_from_affine(&p, a);
  bn254_g2_multiply_sparse(&xp, &p, X);
  bn254_g2_add(&l, &xp, &p);
  psi(&t, &xp);
  bn254_g2_add(&l, &l, &t);
  psi(&t, &t);
  bn254_g2_add(&l, &l, &t);
  psi(&t, &t);
  bn254_g2_double(&t, &t);
  bn254_g2_negate(&t, &t);
  bn254_g2_add(&l, &l, &t);
  return bn254_g2_is_infinity(&l);
}

// 128 bytes, imaginary parts first. False for what is no point of the subgroup.
static int load_g2(bn254_g2_affine *o, const u8 *from) {
  if (!bn254_fp_load(&o->x.c1, from) || !bn254_fp_load(&o->x.c0, from + 32) || !bn254_fp_load(&o->y.c1, from + 64) ||
      !bn254_fp_load(&o->y.c0, from + 96))
    return 0;
  if (bn254_g2_affine_is_infinity(o)) return 1;
  bn254_fp2 l, r;
  bn254_fp2_square(&l, &o->y);
  bn254_fp2_square(&r, &o->x);
  bn254_fp2_mul(&r, &r, &o->x);
  bn254_fp2_add(&r, &r, &bn254_TWIST_B);
  return bn254_fp2_equal(&l, &r) && in_subgroup(o);
}

EXPORT(bn254_add) i32 bn254_add(const u8 *in, u8 *out) {
  bn254_g1_affine a, b;
  bn254_g1_point p;
  if (!load_g1(&a, in) || !load_g1(&b, in + 64)) return 0;
  bn254_g1_from_affine(&p, &a);
  bn254_g1_add_affine(&p, &p, &b);
  store_g1(out, &p);
  return 1;
}

EXPORT(bn254_mul) i32 bn254_mul(const u8 *in, u8 *out) {
  bn254_g1_affine a;
  bn254_g1_point p;
  u64 scalar[4];
  if (!load_g1(&a, in)) return 0;
  for (int i = 0; i < 4; i++) scalar[3 - i] = load_be(in + 64 + 8 * i);
  bn254_g1_from_affine(&p, &a);
  bn254_g1_multiply(&p, &p, scalar, 4);
  store_g1(out, &p);
  return 1;
}

// Lines on a D-twist: y + x w + one v w.
static void bn254_multiply_by_line(bn254_fp12 *f, const bn254_line *line) {
  bn254_fp6 a, b, e;
  bn254_fp2 s;
  bn254_fp6_scale(&a, &f->c0, &line->y);
  bn254_fp6_mul_by_01(&b, &f->c1, &line->x, &line->one);
  bn254_fp6_add(&e, &f->c0, &f->c1);
  bn254_fp2_add(&s, &line->y, &line->x);
  bn254_fp6_mul_by_01(&e, &e, &s, &line->one);
  bn254_fp6_sub(&e, &e, &a);
  bn254_fp6_sub(&f->c1, &e, &b);
  bn254_fp6_mul_by_v(&b, &b);
  bn254_fp6_add(&f->c0, &a, &b);
}

// f^((p^4 - p^2 + 1) / r), by the addition chain of Scott and others (ePrint 2008/490)
static void hard_part(bn254_fp12 *f) {
  bn254_fp12 p1, p2, p3, x1, x2, x3, y0, y2, y3, y4, y5, y6, t0, t1;
  bn254_fp12_frobenius(&p1, f);
  bn254_fp12_frobenius(&p2, &p1);
  bn254_fp12_frobenius(&p3, &p2);
  bn254_fp12_power(&x1, f, X);
  bn254_fp12_power(&x2, &x1, X);
  bn254_fp12_power(&x3, &x2, X);
  bn254_fp12_mul(&y0, &p1, &p2);
  bn254_fp12_mul(&y0, &y0, &p3);
  bn254_fp12_frobenius(&y3, &x1);
  bn254_fp12_conjugate(&y3, &y3);
  bn254_fp12_frobenius(&t0, &x2);
  bn254_fp12_frobenius(&y2, &t0);
  bn254_fp12_mul(&y4, &x1, &t0);
  bn254_fp12_conjugate(&y4, &y4);
  bn254_fp12_conjugate(&y5, &x2);
  bn254_fp12_frobenius(&t0, &x3);
  bn254_fp12_mul(&y6, &x3, &t0);
  bn254_fp12_conjugate(&y6, &y6);
  bn254_fp12_square(&t0, &y6);
  bn254_fp12_mul(&t0, &t0, &y4);
  bn254_fp12_mul(&t0, &t0, &y5);
  bn254_fp12_mul(&t1, &y3, &y5);
  bn254_fp12_mul(&t1, &t1, &t0);
  bn254_fp12_mul(&t0, &t0, &y2);
  bn254_fp12_square(&t1, &t1);
  bn254_fp12_mul(&t1, &t1, &t0);
  bn254_fp12_square(&t1, &t1);
  bn254_fp12_conjugate(&t0, f);
  bn254_fp12_mul(&t0, &t1, &t0);
  bn254_fp12_mul(&t1, &t1, &y0);
  bn254_fp12_square(&t0, &t0);
  bn254_fp12_mul(f, &t0, &t1);
}

// The optimal ate pairing's Miller loop: 6X + 2 = 2^64 + LOOP, then the lines through pi(Q) and -pi^2(Q).
static const u64 LOOP = 6 * 4965661367192848881ull + 2; // modulo 2^64

static void miller(bn254_fp12 *f, int count) {
  bn254_line line;
  bn254_miller(f, count, 64, LOOP);
  for (int i = 0; i < count; i++) {
    bn254_pair *pair = &bn254_pairs[i];
    bn254_fp2 x, y;
    bn254_fp2_conjugate(&x, &pair->q.x);
    bn254_fp2_mul(&x, &x, &bn254_FROBENIUS[1]);
    bn254_fp2_conjugate(&y, &pair->q.y);
    bn254_fp2_mul(&y, &y, &bn254_FROBENIUS[2]);
    bn254_add_step(&pair->t, &x, &y, &line);
    bn254_evaluate(f, &line, pair);
    bn254_fp2_conjugate(&x, &x);
    bn254_fp2_mul(&x, &x, &bn254_FROBENIUS[1]);
    bn254_fp2_conjugate(&y, &y);
    bn254_fp2_mul(&y, &y, &bn254_FROBENIUS[2]);
    bn254_fp2_negate(&y, &y);
    bn254_add_step(&pair->t, &x, &y, &line);
    bn254_evaluate(f, &line, pair);
  }
}

static bn254_fp12 product;
static const u8 *next;
static u32 remaining;

EXPORT(bn254_pairing_start) void bn254_pairing_start(const u8 *in, u32 count) {
  bn254_fp12_one(&product);
  next = in;
  remaining = count;
}

// YES where the product of the pairings is one; INVALID for a pair that is none.
EXPORT(bn254_pairing_step) i32 bn254_pairing_step(void) {
  bn254_fp12 f;
  int waiting = 0;
  for (int i = 0; i < PAIRS && remaining; i++, remaining--, next += 192) {
    bn254_pair *pair = &bn254_pairs[waiting];
    if (!load_g1(&pair->p, next) || !load_g2(&pair->q, next + 64)) return INVALID;
    waiting += !bn254_g1_affine_is_infinity(&pair->p) && !bn254_g2_affine_is_infinity(&pair->q);
  }
  if (waiting) {
    miller(&f, waiting);
    bn254_fp12_mul(&product, &product, &f);
  }
  if (remaining) return MORE;
  bn254_easy_part(&f, &product);
  hard_part(&f);
  return bn254_fp12_is_one(&f);
}
