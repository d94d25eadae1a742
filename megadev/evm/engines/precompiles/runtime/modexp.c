// Modular exponentiation of numbers of any size (EIP-198): squarings and windows, each product reduced by long division with
// a precomputed reciprocal of the modulus's two top words (Möller and Granlund, 2011), which wants nothing of the modulus but
// that it is not zero.
#include "words.h"

// One row of a product: to[0..size) += from[0..size) * by; the carry.
static u64 row_add(u64 *to, const u64 *from, u32 size, u64 by) {
  u64 carry = 0;
#pragma clang loop unroll_count(4)
  for (u32 i = 0; i < size; i++) {
    Wide w = mul_add(from[i], by, to[i], carry);
    to[i] = w.low;
    carry = w.high;
  }
  return carry;
}

static u64 work; // products of words since the last poll
static void worked(u32 amount) {
  work += amount;
  if (work > 4000000) {
    work = 0;
    poll();
  }
}

static u8 *heap;
static u64 *words(u32 count) {
  u64 *at = (u64 *)heap;
  heap += 8 * count;
  u32 pages = ((u32)heap + 65535) >> 16, now = __builtin_wasm_memory_size(0);
  if (pages > now && __builtin_wasm_memory_grow(0, pages - now) == (unsigned long)-1) __builtin_trap();
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

// number[0..size) becomes number mod modulus, in its low words; the others become zero. number[size - 1] has room to spare:
// its value is below the modulus's top word.
static void reduce(const Modulus *m, u64 *number, u32 size) {
  u32 n = m->size;
  for (u32 at = size - n; at-- > 0;) {
    u64 *window = number + at, u2 = window[n], u1 = window[n - 1], u0 = window[n - 2], q;
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
    while (window[n]) { // one too many
      u64 carry = 0;
      for (u32 i = 0; i < n; i++) {
        u64 s = window[i] + carry;
        carry = s < carry;
        window[i] = s + m->limbs[i];
        carry |= window[i] < s;
      }
      window[n] += carry;
    }
    worked(n);
  }
  // what is left is below 2^(64 n), the modulus at least half of that
  u32 i = n;
  while (i-- > 0)
    if (number[i] != m->limbs[i]) {
      if (number[i] < m->limbs[i]) return;
      break;
    }
  number[n] += row_add(number, m->negated, n, 1) - 1;
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

// o = a * b mod m, with 2 n + 2 words of scratch
static void multiply(const Modulus *m, u64 *o, const u64 *a, const u64 *b, u64 *scratch) {
  u32 n = m->size;
  if (a == b && n > 4) {
    zero(scratch, 16 * n);
    for (u32 i = 0; i + 1 < n; i++) {
      scratch[n + i] = row_add(scratch + 2 * i + 1, a + i + 1, n - 1 - i, a[i]);
      worked(n - i);
    }
    u64 carry = 0, top = 0;
    for (u32 i = 0; i < n; i++) { // twice the mixed products, and the squares
      u64 low = scratch[2 * i], high = scratch[2 * i + 1];
      Wide square = mul_wide(a[i], a[i]);
      Wide w = add_wide(add_wide(wide(low << 1 | top), wide(square.low)), wide(carry));
      scratch[2 * i] = w.low;
      w = add_wide(add_wide(wide(high << 1 | low >> 63), wide(square.high)), wide(w.high));
      scratch[2 * i + 1] = w.low;
      carry = w.high;
      top = high >> 63;
    }
  } else {
    u64 carry = 0;
    for (u32 i = 0; i < n; i++) {
      Wide w = add_wide(mul_wide(a[i], b[0]), wide(carry));
      scratch[i] = w.low;
      carry = w.high;
    }
    scratch[n] = carry;
    for (u32 i = 1; i < n; i++) {
      scratch[n + i] = row_add(scratch + i, a, n, b[i]);
      worked(n);
    }
  }
  shift_up(scratch, scratch, 2 * n, m->shift);
  reduce(m, scratch, 2 * n + 1);
  shift_down(o, scratch, n, m->shift);
}

// o = a * b mod m for a modulus of one word. Numbers are kept moved up as the modulus is (Möller and Granlund's algorithm 4).
static void multiply_word(const Modulus *m, u64 *o, const u64 *a, const u64 *b, u64 *unused) {
  Wide u = mul_wide(*a >> m->shift, *b), q = add_wide(mul_wide(u.high, m->reciprocal), u);
  u64 r = u.low - (q.high + 1) * m->top;
  if (r > q.low) r += m->top;
  *o = r >= m->top ? r - m->top : r;
  worked(4);
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

// The operands lie one after another at `in`; the result, as long as the modulus, goes to `out`. All memory from `free` on is
// used as scratch.
EXPORT(modexp) void modexp(const u8 *in, u32 base_size, u32 exponent_size, u32 modulus_size, u8 *out, u8 *free) {
  const u8 *base = in, *exponent = base + base_size, *modulus = exponent + exponent_size;
  u32 result_size = modulus_size;
  zero(out, result_size);
  work = 0;
  heap = (u8 *)(((u32)free + 7) & ~7u);
  while (modulus_size && !*modulus) modulus++, modulus_size--;
  while (exponent_size && !*exponent) exponent++, exponent_size--;
  while (base_size && !*base) base++, base_size--;
  if (!modulus_size || (modulus_size == 1 && *modulus == 1)) return;
  u32 n = (modulus_size + 7) / 8;
  u64 *moved = words(n + 1), *negated = words(n);
  read(moved, modulus, modulus_size);
  Modulus m = {n, __builtin_clzll(moved[n - 1]), moved, negated, 0, 0, 0};
  shift_up(moved, moved, n, m.shift);
  Wide difference = {0, 0};
  for (u32 i = 0; i < n; i++) {
    difference = sub_wide(sub_wide(wide(0), wide(moved[i])), wide(-difference.high));
    negated[i] = difference.low;
  }
  m.top = moved[n - 1];
  m.next = n > 1 ? moved[n - 2] : 0;
  m.reciprocal = n > 1 ? reciprocal_of_two(m.top, m.next) : reciprocal_of(m.top);
  void (*times)(const Modulus *, u64 *, const u64 *, const u64 *, u64 *) = n > 1 ? multiply : multiply_word;

  u32 long_size = (base_size + 7) / 8;
  if (long_size < n) long_size = n;
  // one word more than the shift can fill, so that what stands above a window is always below the modulus
  u64 *number = words(long_size + 2), *scratch = words(2 * n + 2), *result = words(n);
  read(number, base, base_size);
  shift_up(number, number, long_size, m.shift);
  if (n > 1) {
    reduce(&m, number, long_size + 1);
    shift_down(number, number, n, m.shift);
  } else {
    u64 r = 0;
    for (u32 i = long_size + 1; i-- > 0;) {
      Wide u = {number[i], r}, q = add_wide(mul_wide(r, m.reciprocal), u);
      r = u.low - (q.high + 1) * m.top;
      if (r > q.low) r += m.top;
      if (r >= m.top) r -= m.top;
    }
    number[0] = r;
  }
  u32 length = exponent_size ? 8 * exponent_size - (__builtin_clz(*exponent) - 24) : 0;
  u32 window = length > 1000 ? 6 : length > 200 ? 5 : length > 60 ? 4 : length > 16 ? 3 : length > 6 ? 2 : 1;
  u64 *table = words(n << window);
  table[0] = n > 1 ? 1 : 1ull << m.shift;
  copy(table + n, number, 8 * n);
  for (u32 i = 2; i < 1u << window; i++) times(&m, table + i * n, table + (i - 1) * n, number, scratch);
  copy(result, table, 8 * n);
  const u8 *end = exponent + exponent_size - 1;
  for (u32 at = (length + window - 1) / window * window, first = 1; at > 0; first = 0) {
    at -= window;
    u32 digit = bits(end, at, at + window > length ? length - at : window);
    if (first) copy(result, table + digit * n, 8 * n);
    else {
      for (u32 i = 0; i < window; i++) times(&m, result, result, result, scratch);
      if (digit) times(&m, result, result, table + digit * n, scratch);
    }
  }
  if (n == 1) *result >>= m.shift;
  for (u32 i = 0; i < modulus_size; i++) out[result_size - 1 - i] = result[i / 8] >> 8 * (i % 8);
}
