// The memory beyond the runtime's own: the host's operands, results and what they need as scratch.
#include "words.h"

extern u8 __heap_base;

void grow_to(const u8 *end) {
  u32 pages = ((u32)end + 65535) >> 16, now = __builtin_wasm_memory_size(0);
  if (pages > now && __builtin_wasm_memory_grow(0, pages - now) == (unsigned long)-1) __builtin_trap();
}

// Where operands and results of so many bytes may be put.
EXPORT(reserve) u8 *reserve(u32 size) {
  grow_to(&__heap_base + size);
  return &__heap_base;
}
