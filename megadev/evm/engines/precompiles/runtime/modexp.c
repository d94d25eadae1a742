// Modular exponentiation of numbers of any size (EIP-198): squarings and windows, each product reduced by long division with
// a precomputed reciprocal of the modulus's two top words (Möller and Granlund, 2011), which wants nothing of the modulus but
// that it is not zero.
#include "words.h"

// One row of a product: to[0..size) += from[0..size) * by; the carry.
static inline __attribute__((always_inline)) u64 row_add(u64 *to, const u64 *from, u32 size, u64 by) {
  u64 carry = 0;
#pragma clang loop unroll_count(4)
  for (u32 i = 0; i < size; i++) {
    Wide w = mul_add(from[i], by, to[i], carry);
    to[i] = w.low;
    carry = w.high;
  }
  return carry;
}

static u8 *heap;
static u64 *words(u32 count) {
  u64 *at = (u64 *)heap;
  heap += 8 * count;
  grow_to(heap);
  zero(at, 8 * count);
  return at;
}

typedef struct {
  u32 size;         // words
  u32 shift;        // bits by which the modulus was moved up so that its highest bit is set
  const u64 *limbs;   // moved
  const u64 *negated; // 2^(64 size) less that
  u64 top, next, reciprocal;
} Modulus;

// floor((2^128 - 1) / d) - 2^64 for a d with its highest bit set, bit by bit
static u64 reciprocal_of(u64 d) {
  u64 high = ~d, low = ~0ull, q = 0;
  for (int i = 0; i < 64; i++) {
    u64 out = high >> 63;
    high = high << 1 | low >> 63;
    low <<= 1;
    q <<= 1;
    if (out || high >= d) {
      high -= d;
      q |= 1;
    }
  }
  return q;
}

static u64 reciprocal_of_two(u64 top, u64 next) {
  u64 v = reciprocal_of(top), p = top * v + next;
  if (p < next) {
    v--;
    if (p >= top) {
      v--;
      p -= top;
    }
    p -= top;
  }
  Wide t = mul_wide(v, next);
  p += t.high;
  if (p < t.high) {
    v--;
    if (p > top || (p == top && t.low >= next)) v--;
  }
  return v;
}

#define AT_ONCE 4000000 // products of words a step

// One product, or one reduction, in progress: rows done, and what the step may still spend.
static struct {
  enum { IDLE, SQUARE, PRODUCT, REDUCE } phase;
  const u64 *a, *b;
  u64 *o, *number;
  u32 size, row;
} operation;
static i32 allowance;
static Modulus modulus;

// Row by row, number[0..size) becomes number mod modulus, in its low words, and the others zero. What stands above the first
// window is below the modulus's top word. False where the allowance ends first.
static int reduce(void) {
  const Modulus *m = &modulus;
  u32 n = m->size, at = operation.row;
  u64 *number = operation.number;
  while (at > 0) {
    u64 *window = number + --at, u2 = window[n], u1 = window[n - 1], u0 = window[n - 2], q;
    if (!u2 && u1 < m->top) continue;
    if (u2 == m->top && u1 == m->next) q = ~0ull;
    else {
      Wide d = {m->next, m->top}, t = add_wide(mul_wide(m->reciprocal, u2), (Wide){u1, u2}), r;
      q = t.high;
      r = sub_wide((Wide){u0, u1 - q * m->top}, mul_wide(m->next, q));
      r = sub_wide(r, d);
      q++;
      if (r.high >= t.low) {
        q--;
        r = add_wide(r, d);
      }
      if (r.high > m->top || (r.high == m->top && r.low >= m->next)) q++;
    }
    window[n] += row_add(window, m->negated, n, q) - q; // less q times the modulus
    while (window[n]) {                                 // one too many
      u64 carry = 0;
      for (u32 i = 0; i < n; i++) {
        Wide w = add_wide(add_wide(wide(window[i]), wide(m->limbs[i])), wide(carry));
        window[i] = w.low;
        carry = w.high;
      }
      window[n] += carry;
    }
    if ((allowance -= n) < 0) {
      operation.row = at;
      return 0;
    }
  }
  operation.row = 0;
  // what is left is below 2^(64 n), the modulus at least half of that
  u32 i = n;
  while (i-- > 0)
    if (number[i] != m->limbs[i]) {
      if (number[i] < m->limbs[i]) return 1;
      break;
    }
  number[n] += row_add(number, m->negated, n, 1) - 1;
  return 1;
}

// to[0..size] = from[0..size) << shift, by less than a word; `to` may be `from`
static void shift_up(u64 *to, const u64 *from, u32 size, u32 shift) {
  u64 high = 0;
  for (u32 i = size; i > 0; i--) {
    u64 low = from[i - 1];
    to[i] = shift ? high << shift | low >> (64 - shift) : high;
    high = low;
  }
  to[0] = high << shift;
}

static void shift_down(u64 *to, const u64 *from, u32 size, u32 shift) {
  for (u32 i = 0; i < size; i++) {
    u64 high = i + 1 < size ? from[i + 1] : 0;
    to[i] = shift ? from[i] >> shift | high << (64 - shift) : from[i];
  }
}

// The rows of a product, into operation.number. False where the allowance ends first.
static int multiply(void) {
  u32 n = modulus.size, i = operation.row;
  u64 *number = operation.number;
  const u64 *a = operation.a, *b = operation.b;
  if (!i) {
    u64 carry = 0;
    for (u32 j = 0; j < n; j++) {
      Wide w = add_wide(mul_wide(a[j], b[0]), wide(carry));
      number[j] = w.low;
      carry = w.high;
    }
    number[n] = carry;
    i = 1;
  }
  for (; i < n; i++) {
    if ((allowance -= n) < 0) {
      operation.row = i;
      return 0;
    }
    number[n + i] = row_add(number + i, a, n, b[i]);
  }
  return 1;
}

static int square(void) {
  u32 n = modulus.size, i = operation.row;
  u64 *number = operation.number, carry = 0, top = 0;
  const u64 *a = operation.a;
  if (!i) zero(number, 16 * n);
  for (; i + 1 < n; i++) {
    if ((allowance -= n - i) < 0) {
      operation.row = i;
      if (i) return 0;
    }
    number[n + i] = row_add(number + 2 * i + 1, a + i + 1, n - 1 - i, a[i]);
  }
  for (i = 0; i < n; i++) { // twice the mixed products, and the squares
    u64 low = number[2 * i], high = number[2 * i + 1];
    Wide own = mul_wide(a[i], a[i]);
    Wide w = add_wide(add_wide(wide(low << 1 | top), wide(own.low)), wide(carry));
    number[2 * i] = w.low;
    w = add_wide(add_wide(wide(high << 1 | low >> 63), wide(own.high)), wide(w.high));
    number[2 * i + 1] = w.low;
    carry = w.high;
    top = high >> 63;
  }
  return 1;
}

// Go on with the operation: a product moved up as the modulus is, reduced, moved down. False where the allowance ends first.
static int advance(void) {
  if (operation.phase != REDUCE) {
    if (!(operation.phase == SQUARE ? square() : multiply())) return 0;
    operation.size = 2 * modulus.size;
    shift_up(operation.number, operation.number, operation.size, modulus.shift);
    operation.phase = REDUCE;
    operation.row = operation.size + 1 - modulus.size;
  }
  if (!reduce()) return 0;
  shift_down(operation.o, operation.number, modulus.size, modulus.shift);
  operation.phase = IDLE;
  return 1;
}

// For a modulus of one word, whose numbers are kept moved up as it is (Möller and Granlund's algorithm 4): u mod d.
static u64 reduce_word(Wide u) {
  Wide q = add_wide(mul_wide(u.high, modulus.reciprocal), u);
  u64 r = u.low - (q.high + 1) * modulus.top;
  if (r > q.low) r += modulus.top;
  return r >= modulus.top ? r - modulus.top : r;
}

static int start_product(u64 *o, const u64 *a, const u64 *b, u64 *scratch) {
  if (modulus.size == 1) {
    *o = reduce_word(mul_wide(*a >> modulus.shift, *b));
    allowance -= 8;
    return 1;
  }
  allowance -= 24; // what even the smallest costs
  operation.phase = a == b && modulus.size > 4 ? SQUARE : PRODUCT;
  operation.a = a;
  operation.b = b;
  operation.o = o;
  operation.number = scratch;
  operation.row = 0;
  return advance();
}

// Big-endian bytes as words; how many words hold them.
static u32 read(u64 *to, const u8 *from, u32 size) {
  for (u32 i = 0; i < size; i++) to[i / 8] |= (u64)from[size - 1 - i] << 8 * (i % 8);
  return (size + 7) / 8;
}

static u32 bits(const u8 *from, u32 at, u32 count) { // `count` bits that end `at` bits above the number's end
  u32 r = 0;
  for (u32 i = 0; i < count; i++) {
    u32 bit = at + count - 1 - i;
    r = r << 1 | (*(from - bit / 8) >> bit % 8 & 1);
  }
  return r;
}

// An exponentiation in progress: the base is reduced, its small powers are tabulated, then come the windows.
static struct {
  enum { REDUCING, TABULATING, CLIMBING, DONE } stage;
  u64 *base, *scratch, *result, *table;
  const u8 *last; // the exponent's last byte
  u8 *out;
  u32 length, window, power, at, squarings; // in bits; the next power; bits left below; squarings still to do before a product
  u32 size, bytes;                          // of the result and of the modulus without zeros in front
} job;

// The operands lie one after another at `in`; the result, as long as the modulus, goes to `out`. All memory behind it is
// used as scratch.
EXPORT(modexp_start) void modexp_start(const u8 *in, u32 base_size, u32 exponent_size, u32 modulus_size, u8 *out) {
  const u8 *base = in, *exponent = base + base_size, *number = exponent + exponent_size;
  zero(out, modulus_size);
  zero(&job, sizeof job);
  operation.phase = IDLE;
  job.stage = DONE;
  job.out = out;
  job.size = modulus_size;
  heap = (u8 *)(((u32)out + modulus_size + 7) & ~7u);
  while (modulus_size && !*number) number++, modulus_size--;
  while (exponent_size && !*exponent) exponent++, exponent_size--;
  while (base_size && !*base) base++, base_size--;
  if (!modulus_size || (modulus_size == 1 && *number == 1)) return;
  u32 n = (modulus_size + 7) / 8;
  u64 *moved = words(n + 1), *negated = words(n);
  read(moved, number, modulus_size);
  modulus = (Modulus){n, __builtin_clzll(moved[n - 1]), moved, negated, 0, 0, 0};
  shift_up(moved, moved, n, modulus.shift);
  Wide difference = {0, 0};
  for (u32 i = 0; i < n; i++) {
    difference = sub_wide(sub_wide(wide(0), wide(moved[i])), wide(-difference.high));
    negated[i] = difference.low;
  }
  modulus.top = moved[n - 1];
  modulus.next = n > 1 ? moved[n - 2] : 0;
  modulus.reciprocal = n > 1 ? reciprocal_of_two(modulus.top, modulus.next) : reciprocal_of(modulus.top);

  u32 size = (base_size + 7) / 8;
  if (size < n) size = n;
  // one word more than the shift can fill, so that what stands above a window is always below the modulus
  job.base = words(size + 1);
  read(job.base, base, base_size);
  shift_up(job.base, job.base, size, modulus.shift);
  job.stage = REDUCING;
  if (n > 1) {
    operation.phase = REDUCE;
    operation.number = operation.o = job.base;
    operation.size = size;
    operation.row = size + 1 - n;
  } else {
    u64 r = 0;
    for (u32 i = size + 1; i-- > 0;) r = reduce_word((Wide){job.base[i], r});
    job.base[0] = r;
  }
  job.length = exponent_size ? 8 * exponent_size - (__builtin_clz(*exponent) - 24) : 0;
  u32 l = job.length, w = l > 1000 ? 6 : l > 200 ? 5 : l > 60 ? 4 : l > 16 ? 3 : l > 6 ? 2 : 1;
  job.window = w;
  job.last = exponent + exponent_size - 1;
  job.bytes = modulus_size;
  job.scratch = words(2 * n + 1);
  job.result = words(n);
  job.table = words(n << w);
  job.table[0] = n > 1 ? 1 : 1ull << modulus.shift;
}

static void finish(void) {
  if (modulus.size == 1) *job.result >>= modulus.shift;
  for (u32 i = 0; i < job.bytes; i++) job.out[job.size - 1 - i] = job.result[i / 8] >> 8 * (i % 8);
  job.stage = DONE;
}

EXPORT(modexp_step) i32 modexp_step(void) {
  u32 n = modulus.size;
  if (job.stage == DONE) return YES; // nothing to do
  allowance = AT_ONCE;
  if (operation.phase != IDLE && !advance()) return MORE;
  if (job.stage == REDUCING) {
    copy(job.table + n, job.base, 8 * n);
    job.power = 2;
    job.stage = TABULATING;
  }
  while (job.stage == TABULATING) {
    if (job.power >> job.window) {
      u32 groups = (job.length + job.window - 1) / job.window;
      job.at = groups ? (groups - 1) * job.window : 0;
      u32 digit = groups ? bits(job.last, job.at, job.length - job.at) : 0;
      copy(job.result, job.table + digit * n, 8 * n);
      job.squarings = job.window;
      job.stage = CLIMBING;
      break;
    }
    u32 power = job.power++;
    if (!start_product(job.table + power * n, job.table + (power - 1) * n, job.table + n, job.scratch)) return MORE;
  }
  while (job.at) {
    if (allowance < 0) return MORE;
    if (job.squarings) {
      job.squarings--;
      if (!start_product(job.result, job.result, job.result, job.scratch)) return MORE;
      continue;
    }
    job.at -= job.window;
    job.squarings = job.window;
    u32 digit = bits(job.last, job.at, job.window);
    if (digit && !start_product(job.result, job.result, job.table + digit * n, job.scratch)) return MORE;
  }
  finish();
  return YES;
}
