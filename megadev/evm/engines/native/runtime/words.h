/* 256-bit words: four 64-bit limbs, least significant first. Arithmetic modulo 2^256 as the EVM means it.
 *
 * Division is schoolbook division with a reciprocal of the divisor's top limbs (Möller and Granlund, "Improved division
 * by invariant integers", 2011), so a divisor that is known, or that was the last one too, costs multiplications only. */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef unsigned long long u64;
typedef long long i64;
typedef struct {
  u64 l[4];
} word;
typedef u8 bytes16 __attribute__((vector_size(16), aligned(1)));

#define copy_bytes __builtin_memcpy
#define move_bytes __builtin_memmove
#define fill_bytes __builtin_memset
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The product's low limb; the high one goes to *high. The constant marks where rebuild.py puts i64.mul_wide_u, an
 * instruction that this compiler does not know yet. */
static inline u64 multiply_wide(u64 a, u64 b, u64* high) {
  u64 low, upper;
  __asm__(
      "local.get %2\n local.get %3\n i64.const 0x6d756c7769646521\n drop\n i64.trunc_sat_f64_u\n"
      " local.set %1\n local.set %0"
      : "=r"(low), "=r"(upper)
      : "r"(a), "r"(b));
  *high = upper;
  return low;
}

static inline int is_zero(const word* a) { return (a->l[0] | a->l[1] | a->l[2] | a->l[3]) == 0; }
static inline int is_equal(const word* a, const word* b) {
  return ((a->l[0] ^ b->l[0]) | (a->l[1] ^ b->l[1]) | (a->l[2] ^ b->l[2]) | (a->l[3] ^ b->l[3])) == 0;
}
static inline int fits_in_64_bits(const word* a) { return (a->l[1] | a->l[2] | a->l[3]) == 0; }
static inline word small(u64 x) { return (word){{x, 0, 0, 0}}; }

static inline u64 add_limbs(u64 a, u64 b, u64* carry) {
  u64 s = a + b, c = s < a;
  s += *carry;
  *carry = c | (s < *carry);
  return s;
}
static inline u64 subtract_limbs(u64 a, u64 b, u64* borrow) {
  u64 d = a - b, c = a < b, e = d - *borrow;
  c |= d < *borrow;
  *borrow = c;
  return e;
}
/* a + b; the carry out is answered. */
static inline u64 add_to(word* r, const word* a, const word* b) {
  u64 c = 0;
  for (int i = 0; i < 4; i++) r->l[i] = add_limbs(a->l[i], b->l[i], &c);
  return c;
}
static inline u64 subtract_to(word* r, const word* a, const word* b) {
  u64 c = 0;
  for (int i = 0; i < 4; i++) r->l[i] = subtract_limbs(a->l[i], b->l[i], &c);
  return c;
}
static inline int is_less(const word* a, const word* b) {
  word ignored;
  return (int)subtract_to(&ignored, a, b);
}
static inline int is_less_signed(const word* a, const word* b) {
  word x = *a, y = *b;
  x.l[3] ^= 1ull << 63;
  y.l[3] ^= 1ull << 63;
  return is_less(&x, &y);
}
static inline void negate(word* a) {
  word zero = {{0, 0, 0, 0}};
  subtract_to(a, &zero, a);
}

static inline void multiply(word* r, const word* a, const word* b) {
  u64 p[4] = {0, 0, 0, 0};
  for (int i = 0; i < 4; i++) {
    u64 carry = 0;
    for (int j = 0; i + j < 3; j++) {
      u64 high, low = multiply_wide(a->l[i], b->l[j], &high);
      low += carry;
      high += low < carry;
      u64 sum = p[i + j] + low;
      carry = high + (sum < low);
      p[i + j] = sum;
    }
    p[3] += a->l[i] * b->l[3 - i] + carry;
  }
  for (int i = 0; i < 4; i++) r->l[i] = p[i];
}
/* All eight limbs of the product. */
static inline void multiply_full(u64* p, const word* a, const word* b) {
  for (int i = 0; i < 8; i++) p[i] = 0;
  for (int i = 0; i < 4; i++) {
    u64 carry = 0;
    for (int j = 0; j < 4; j++) {
      u64 high, low = multiply_wide(a->l[i], b->l[j], &high);
      low += carry;
      high += low < carry;
      u64 sum = p[i + j] + low;
      carry = high + (sum < low);
      p[i + j] = sum;
    }
    p[i + 4] = carry;
  }
}

/* A divisor made ready: shifted until its highest bit is set, with the reciprocal of its top limbs. Of four limbs, and
 * for products: as it is, with 2^512 divided by it. */
typedef struct {
  u64 d[4];
  u64 reciprocal;
  u32 limbs;
  u32 shift;
  u64 m[4];
  u64 mu[5];
  u64 has_mu;
} divisor;
_Static_assert(sizeof(divisor) == 128, "arithmetic.py writes these");

/* floor((2^128 - 1) / d) - 2^64 for a d with its highest bit set. */
static u64 reciprocal_of(u64 d) {
  u64 v = 0x7fd00 / (u32)(d >> 55);
  u64 d40 = (d >> 24) + 1;
  v = (v << 11) - (u32)((v * v * d40) >> 40) - 1;
  v = (v << 13) + (v * ((1ull << 60) - v * d40) >> 47);
  u64 odd = d & 1, e = ((v >> 1) & -odd) - v * ((d >> 1) + odd);
  u64 high, low;
  multiply_wide(v, e, &high);
  v = (high >> 1) + (v << 31);
  low = multiply_wide(v, d, &high);
  low += d;
  return v - high - (low < d) - d;
}
static u64 reciprocal_of_two(u64 d1, u64 d0) {
  u64 v = reciprocal_of(d1), p = d1 * v + d0;
  if (p < d0) {
    v--;
    if (p >= d1) v--, p -= d1;
    p -= d1;
  }
  u64 high, low = multiply_wide(v, d0, &high);
  p += high;
  if (p < high) {
    v--;
    if (p > d1 || (p == d1 && low >= d0)) v--;
  }
  return v;
}
static inline u64 divide_2_by_1(u64* rest, u64 low, u64 d, u64 v) {
  u64 q1, q0 = multiply_wide(v, *rest, &q1);
  q0 += low;
  q1 += *rest + (q0 < low) + 1;
  u64 r = low - q1 * d;
  if (r > q0) q1--, r += d;
  if (unlikely(r >= d)) q1++, r -= d;
  *rest = r;
  return q1;
}
static inline u64 divide_3_by_2(u64* r1, u64* r0, u64 low, u64 d1, u64 d0, u64 v) {
  u64 u2 = *r1, u1 = *r0, q1, q0 = multiply_wide(v, u2, &q1);
  q0 += u1;
  q1 += u2 + (q0 < u1);
  u64 t1, t0 = multiply_wide(d0, q1, &t1), x1 = u1 - q1 * d1, b = 0, x0 = subtract_limbs(low, t0, &b);
  x1 = subtract_limbs(x1, t1, &b);
  b = 0;
  x0 = subtract_limbs(x0, d0, &b);
  x1 = subtract_limbs(x1, d1, &b);
  q1++;
  if (x1 >= q0) {
    u64 c = 0;
    q1--;
    x0 = add_limbs(x0, d0, &c);
    x1 = add_limbs(x1, d1, &c);
  }
  if (unlikely(x1 > d1 || (x1 == d1 && x0 >= d0))) {
    q1++;
    b = 0;
    x0 = subtract_limbs(x0, d0, &b);
    x1 = subtract_limbs(x1, d1, &b);
  }
  *r1 = x1;
  *r0 = x0;
  return q1;
}

static void prepare(divisor* p, const word* d) {
  u32 n = d->l[3] ? 4 : d->l[2] ? 3 : d->l[1] ? 2 : 1;
  u32 s = (u32)__builtin_clzll(d->l[n - 1]);
  p->limbs = n;
  p->shift = s;
  p->has_mu = 0;
  for (u32 i = 0; i < 4; i++) p->d[i] = 0;
  for (u32 i = 0; i < n; i++) p->d[i] = d->l[i] << s | (s && i ? d->l[i - 1] >> (64 - s) : 0);
  p->reciprocal = n == 1 ? reciprocal_of(p->d[0]) : reciprocal_of_two(p->d[n - 1], p->d[n - 2]);
}

/* u (m limbs and room for one more) divided by p: the quotient's limbs to q, the remainder to r. */
static inline void divide_limbs(u64* q, word* r, u64* u, u32 m, const divisor* p) {
  u32 n = p->limbs, s = p->shift;
  *r = small(0);
  while (m && !u[m - 1]) m--;
  if (m < n) {
    for (u32 i = 0; i < m; i++) r->l[i] = u[i];
    return;
  }
  u[m] = s ? u[m - 1] >> (64 - s) : 0;
  if (s)
    for (u32 i = m - 1; i > 0; i--) u[i] = u[i] << s | u[i - 1] >> (64 - s);
  u[0] <<= s;
  const u64 v = p->reciprocal, d1 = p->d[n - 1];
  if (n == 1) {
    u64 rest = u[m];
    for (i32 j = (i32)m - 1; j >= 0; j--) q[j] = divide_2_by_1(&rest, u[j], d1, v);
    r->l[0] = rest >> s;
    return;
  }
  const u64 d0 = p->d[n - 2];
  if (n == 2) {
    u64 r1 = u[m], r0 = u[m - 1];
    for (i32 j = (i32)m - 2; j >= 0; j--) q[j] = divide_3_by_2(&r1, &r0, u[j], d1, d0, v);
    r->l[0] = r0 >> s | (s ? r1 << (64 - s) : 0);
    r->l[1] = r1 >> s;
    return;
  }
  for (i32 j = (i32)(m - n); j >= 0; j--) {
    u64* at = u + j;
    u64 r1 = at[n], r0 = at[n - 1], guess;
    if (unlikely(r1 == d1 && r0 == d0)) {
      guess = ~0ull;
      u64 carry = 0;
      for (u32 i = 0; i < n; i++) {
        u64 high, low = multiply_wide(guess, p->d[i], &high);
        low += carry;
        carry = high + (low < carry) + (at[i] < low);
        at[i] -= low;
      }
      at[n] = 0;
    } else {
      guess = divide_3_by_2(&r1, &r0, at[n - 2], d1, d0, v);
      u64 carry = 0, b = 0;
      for (u32 i = 0; i + 2 < n; i++) {
        u64 high, low = multiply_wide(guess, p->d[i], &high);
        low += carry;
        carry = high + (low < carry) + (at[i] < low);
        at[i] -= low;
      }
      r0 = subtract_limbs(r0, carry, &b);
      r1 = subtract_limbs(r1, 0, &b);
      at[n - 2] = r0;
      at[n - 1] = r1;
      if (unlikely(b)) {
        guess--;
        u64 c = 0;
        for (u32 i = 0; i < n; i++) at[i] = add_limbs(at[i], p->d[i], &c);
      }
      at[n] = 0;
    }
    q[j] = guess;
  }
  for (u32 i = 0; i < n; i++) r->l[i] = u[i] >> s | (s && i + 1 < n ? u[i + 1] << (64 - s) : 0);
}

static word last_divisor;
static divisor last_prepared;
static inline const divisor* prepared(const word* d) {
  if (!is_equal(d, &last_divisor)) {
    prepare(&last_prepared, d);
    last_divisor = *d;
  }
  return &last_prepared;
}
/* The same for a product: whoever multiplies by a modulus twice is likely to go on. */
static word last_modulus;
static divisor last_modulus_prepared;
static u32 modulus_uses;
static const divisor* prepared_modulus(const word* m) {
  divisor* p = &last_modulus_prepared;
  if (!is_equal(m, &last_modulus)) {
    prepare(p, m);
    last_modulus = *m;
    modulus_uses = 0;
  } else if (p->limbs == 4 && !p->has_mu && ++modulus_uses == 2) {
    u64 u[10] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, q[6] = {0, 0, 0, 0, 0, 0};
    word rest;
    divide_limbs(q, &rest, u, 9, p);
    for (int i = 0; i < 4; i++) p->m[i] = m->l[i];
    for (int i = 0; i < 5; i++) p->mu[i] = q[i];
    p->has_mu = !q[5];
  }
  return p;
}

/* high, low and carry grow by a * b: one step down a column of a product. */
static inline void add_product(u64* low, u64* high, u64* carry, u64 a, u64 b) {
  u64 h, l = multiply_wide(a, b, &h);
  *low += l;
  h += *low < l; /* cannot carry: the high limb of a product is not full */
  *high += h;
  *carry += *high < h;
}
/* x (eight limbs) modulo p->m by Barrett's way (Handbook of Applied Cryptography, 14.42, with the note on partial
 * products): the quotient is too small by 3 at most. */
static inline void reduce(word* r, const u64* x, const divisor* p) {
  const u64 *mu = p->mu, *m = p->m, *top = x + 3;
  u64 q[5], low = 0, high = 0, carry = 0;
#define COLUMN_OF_QUOTIENT(k, first, last)                                                       \
  for (int i = first; i <= last; i++) add_product(&low, &high, &carry, top[i], mu[(k) - i]);     \
  if ((k) >= 5) q[(k) < 5 ? 0 : (k) - 5] = low;                                                  \
  low = high, high = carry, carry = 0;
  COLUMN_OF_QUOTIENT(3, 0, 3)
  COLUMN_OF_QUOTIENT(4, 0, 4)
  COLUMN_OF_QUOTIENT(5, 1, 4)
  COLUMN_OF_QUOTIENT(6, 2, 4)
  COLUMN_OF_QUOTIENT(7, 3, 4)
  COLUMN_OF_QUOTIENT(8, 4, 4)
  q[4] = low;
  u64 t[5];
  low = high = carry = 0;
#define COLUMN_OF_PRODUCT(k, first, last)                                                  \
  for (int i = first; i <= last; i++) add_product(&low, &high, &carry, q[i], m[(k) - i]);  \
  t[k] = low;                                                                              \
  low = high, high = carry, carry = 0;
  COLUMN_OF_PRODUCT(0, 0, 0)
  COLUMN_OF_PRODUCT(1, 0, 1)
  COLUMN_OF_PRODUCT(2, 0, 2)
  COLUMN_OF_PRODUCT(3, 0, 3)
  t[4] = low + q[1] * m[3] + q[2] * m[2] + q[3] * m[1] + q[4] * m[0];
  u64 b = 0;
  word rest;
  for (int i = 0; i < 4; i++) rest.l[i] = subtract_limbs(x[i], t[i], &b);
  u64 over = x[4] - t[4] - b;
  const word modulus = {{m[0], m[1], m[2], m[3]}};
  for (;;) {
    word less;
    u64 borrow = subtract_to(&less, &rest, &modulus);
    if (borrow > over) break;
    over -= borrow;
    rest = less;
  }
  *r = rest;
}

/* quotient and remainder; a divisor of 0 gives 0 for both. */
static inline void divide_by(word* q, word* r, const word* a, const divisor* p) {
  u32 n = p->limbs, s = p->shift;
  if (n <= 2) { /* straight on: most divisors that are known are small */
    const u64 a0 = a->l[0], a1 = a->l[1], a2 = a->l[2], a3 = a->l[3];
    const u64 v4 = (a3 >> 1) >> (63 - s), v3 = a3 << s | (a2 >> 1) >> (63 - s), v2 = a2 << s | (a1 >> 1) >> (63 - s),
              v1 = a1 << s | (a0 >> 1) >> (63 - s), v0 = a0 << s, v = p->reciprocal, d1 = p->d[n - 1];
    u64 q3 = 0, q2 = 0, q1 = 0, q0;
    if (n == 1) {
      u64 rest = v4;
      if (a3) q3 = divide_2_by_1(&rest, v3, d1, v);
      else rest = v3;
      if (a3 | a2) q2 = divide_2_by_1(&rest, v2, d1, v);
      else rest = v2;
      if (a3 | a2 | a1) q1 = divide_2_by_1(&rest, v1, d1, v);
      else rest = v1;
      q0 = divide_2_by_1(&rest, v0, d1, v);
      *r = small(rest >> s);
    } else {
      const u64 d0 = p->d[0];
      u64 r1 = v4, r0 = v3;
      if (a3) q2 = divide_3_by_2(&r1, &r0, v2, d1, d0, v);
      else r1 = v3, r0 = v2;
      if (a3 | a2) q1 = divide_3_by_2(&r1, &r0, v1, d1, d0, v);
      else r1 = v2, r0 = v1;
      q0 = divide_3_by_2(&r1, &r0, v0, d1, d0, v);
      *r = (word){{r0 >> s | (r1 << 1) << (63 - s), r1 >> s, 0, 0}};
    }
    *q = (word){{q0, q1, q2, q3}};
    return;
  }
  u64 u[5] = {a->l[0], a->l[1], a->l[2], a->l[3], 0};
  u64 quotient[4] = {0, 0, 0, 0};
  divide_limbs(quotient, r, u, 4, p);
  for (int i = 0; i < 4; i++) q->l[i] = quotient[i];
}
static void divide(word* q, word* r, const word* a, const word* b) {
  if (fits_in_64_bits(b)) {
    if (!b->l[0]) {
      *q = *r = small(0);
      return;
    }
    if (fits_in_64_bits(a)) {
      u64 x = a->l[0], y = b->l[0];
      *q = small(x / y);
      *r = small(x % y);
      return;
    }
  }
  if (is_less(a, b)) {
    *r = *a;
    *q = small(0);
    return;
  }
  divide_by(q, r, a, prepared(b));
}
static void divide_signed(word* q, word* r, const word* a, const word* b) {
  word x = *a, y = *b;
  int minus_a = (i64)x.l[3] < 0, minus_b = (i64)y.l[3] < 0;
  if (minus_a) negate(&x);
  if (minus_b) negate(&y);
  divide(q, r, &x, &y);
  if (minus_a != minus_b) negate(q);
  if (minus_a) negate(r);
}
static inline void add_modulo(word* r, const word* a, const word* b, const word* m, const divisor* p) {
  word sum, less;
  u64 carry = add_to(&sum, a, b);
  if (likely(is_less(a, m) && is_less(b, m))) {
    u64 borrow = subtract_to(&less, &sum, m);
    *r = carry || !borrow ? less : sum;
    return;
  }
  u64 u[6] = {sum.l[0], sum.l[1], sum.l[2], sum.l[3], carry, 0}, q[5];
  divide_limbs(q, r, u, 5, p ? p : prepared(m));
}
static inline void multiply_modulo(word* r, const word* a, const word* b, const divisor* p) {
  u64 u[9], q[8];
  multiply_full(u, a, b);
  if (likely(p->has_mu)) {
    reduce(r, u, p);
    return;
  }
  u[8] = 0;
  divide_limbs(q, r, u, 8, p);
}
static void power(word* r, const word* base, const word* exponent) {
  u32 bits = 256;
  while (bits && !(exponent->l[(bits - 1) >> 6] >> ((bits - 1) & 63) & 1)) bits--;
  word result = small(1);
  if (bits <= 32) {
    for (u32 i = bits; i-- > 0;) {
      multiply(&result, &result, &result);
      if (exponent->l[0] >> i & 1) multiply(&result, &result, base);
    }
    *r = result;
    return;
  }
  word table[16];
  table[0] = small(1);
  for (int i = 1; i < 16; i++) multiply(&table[i], &table[i - 1], base);
  for (i32 i = (i32)((bits + 3) & ~3u) - 4; i >= 0; i -= 4) {
    for (int k = 0; k < 4; k++) multiply(&result, &result, &result);
    u32 digit = exponent->l[i >> 6] >> (i & 63) & 15;
    if (digit) multiply(&result, &result, &table[digit]);
  }
  *r = result;
}

static inline void shift_left(word* r, const word* shift, const word* a) {
  if (!fits_in_64_bits(shift) || shift->l[0] > 255) {
    *r = small(0);
    return;
  }
  u32 k = (u32)shift->l[0] >> 6, s = shift->l[0] & 63;
  word x = *a, y = {{0, 0, 0, 0}};
  for (u32 i = k; i < 4; i++) y.l[i] = x.l[i - k] << s | (s && i > k ? x.l[i - k - 1] >> (64 - s) : 0);
  *r = y;
}
static inline void shift_right_with(word* r, const word* shift, const word* a, u64 filling) {
  if (!fits_in_64_bits(shift) || shift->l[0] > 255) {
    *r = (word){{filling, filling, filling, filling}};
    return;
  }
  u32 k = (u32)shift->l[0] >> 6, s = shift->l[0] & 63;
  word x = *a, y = {{filling, filling, filling, filling}};
  for (u32 i = 0; i + k < 4; i++) y.l[i] = x.l[i + k] >> s | (s ? (i + k < 3 ? x.l[i + k + 1] : filling) << (64 - s) : 0);
  *r = y;
}
static inline void shift_right(word* r, const word* shift, const word* a) { shift_right_with(r, shift, a, 0); }
static inline void shift_right_signed(word* r, const word* shift, const word* a) {
  shift_right_with(r, shift, a, (u64)((i64)a->l[3] >> 63));
}
static inline void extend_sign(word* r, const word* size, const word* a) {
  word x = *a;
  if (fits_in_64_bits(size) && size->l[0] < 31) {
    u32 bit = (u32)size->l[0] * 8 + 7, k = bit >> 6;
    x.l[k] = (u64)((i64)(x.l[k] << (63 - (bit & 63))) >> (63 - (bit & 63)));
    for (u32 i = k + 1; i < 4; i++) x.l[i] = (u64)((i64)x.l[k] >> 63);
  }
  *r = x;
}
static inline u64 leading_zeros(const word* a) {
  for (int i = 3; i >= 0; i--)
    if (a->l[i]) return (u64)(64 * (3 - i) + __builtin_clzll(a->l[i]));
  return 256;
}
static inline void take_byte(word* r, const word* index, const word* a) {
  u64 b = 0;
  if (fits_in_64_bits(index) && index->l[0] < 32) {
    u32 from = 31 - (u32)index->l[0];
    b = a->l[from >> 3] >> 8 * (from & 7) & 255;
  }
  *r = small(b);
}

/* 32 bytes, most significant first, as a word; and back. */
static inline word word_at(const u8* at) {
  bytes16 high = *(const bytes16*)at, low = *(const bytes16*)(at + 16);
  union {
    bytes16 v[2];
    word w;
  } u;
  u.v[0] = __builtin_shufflevector(low, low, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  u.v[1] = __builtin_shufflevector(high, high, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  return u.w;
}
static inline void put_word(u8* at, const word* w) {
  bytes16 low = *(const bytes16*)w, high = *(const bytes16*)(w->l + 2);
  *(bytes16*)at = __builtin_shufflevector(high, high, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  *(bytes16*)(at + 16) = __builtin_shufflevector(low, low, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}
