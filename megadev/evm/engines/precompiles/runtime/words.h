// Machine words, bytes and what the host offers. The runtime is freestanding: no libc.
#pragma once
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned char u8;
typedef int i32;

#define EXPORT(name) __attribute__((export_name(#name)))
#define copy(to, from, size) __builtin_memcpy(to, from, size)
#define zero(to, size) __builtin_memset(to, 0, size)

// What may run for long is a `…_start` and a `…_step`, which the host calls until it answers something other than MORE: each
// step takes a few milliseconds, between which the host can give up.
enum { NO = 0, YES = 1, INVALID = -1, MORE = 2 };

void grow_to(const u8 *end); // memory.c

static inline u64 load_be(const u8 *from) {
  u64 word;
  copy(&word, from, 8);
  return __builtin_bswap64(word);
}

static inline void store_be(u8 *to, u64 word) {
  word = __builtin_bswap64(word);
  copy(to, &word, 8);
}

typedef struct { u64 low, high; } Wide;

// Wide arithmetic, which this compiler does not know: the build puts the instruction where a constant marks its place (build.py).
#define INSTRUCTION(mark) "i64.const " mark "\n drop\n i64.trunc_sat_f64_u\n"

static inline Wide mul_wide(u64 a, u64 b) {
  Wide r;
  __asm__("local.get %2\n local.get %3\n" INSTRUCTION("0x6d756c7769646521") "local.set %1\n local.set %0"
          : "=r"(r.low), "=r"(r.high)
          : "r"(a), "r"(b));
  return r;
}

static inline Wide add_wide(Wide a, Wide b) {
  Wide r;
  __asm__("local.get %2\n local.get %3\n local.get %4\n local.get %5\n" INSTRUCTION("0x6164647769646521") "local.set %1\n local.set %0"
          : "=r"(r.low), "=r"(r.high)
          : "r"(a.low), "r"(a.high), "r"(b.low), "r"(b.high));
  return r;
}

static inline Wide sub_wide(Wide a, Wide b) {
  Wide r;
  __asm__("local.get %2\n local.get %3\n local.get %4\n local.get %5\n" INSTRUCTION("0x7375627769646521") "local.set %1\n local.set %0"
          : "=r"(r.low), "=r"(r.high)
          : "r"(a.low), "r"(a.high), "r"(b.low), "r"(b.high));
  return r;
}

static inline Wide wide(u64 low) { return (Wide){low, 0}; }

// a * b + c + d, which always fits
static inline Wide mul_add(u64 a, u64 b, u64 c, u64 d) { return add_wide(add_wide(mul_wide(a, b), wide(c)), wide(d)); }
