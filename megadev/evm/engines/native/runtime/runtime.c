/* The compiled tier's runtime: what EVM code needs beside its own translation, and an interpreter for what has none.
 *
 * Built by rebuild.py to runtime.wasm. Read words.h, keccak.h, machine.h, journal.h and frames.h in this order. */
#include "frames.h"

/* The version compiled for this place and stack, or INTERPRET. */
static i32 entry_at(const code* c, u32 pc, u32 height, const word* stack, i64 gas) {
  for (u32 h = pc * 0x9e3779b1u >> 7;; h++) {
    const entry* e = (const entry*)c->entries + (h & c->entries_mask);
    if (!e->pc) return INTERPRET;
    if (e->pc != pc + 1 || e->height != height || gas < e->gas) continue;
    const u32* expected = (const u32*)e->constants;
    u32 i = 0;
    for (; i < e->constant_count; i++) {
      const word* w = stack + expected[2 * i];
      if (!fits_in_64_bits(w) || w->l[0] != expected[2 * i + 1]) break;
    }
    if (i == e->constant_count) return e->version;
  }
}

/* Run the frame's code until something outside of it is due. */
static u32 interpret(frame* f) {
  code* const c = code_at(f->code);
  const u8* const bytes = (const u8*)f->code_at;
  const u8* const kinds = (const u8*)c->kinds;
  u16* const visits = (u16*)c->visits;
  const operation* const operations = context->operations;
  word* const stack = (word*)f->stack;
  u8* const memory = (u8*)f->memory;
  word* top = stack + f->height; /* the first free place */
  i64 gas = f->gas, before = gas;
  u32 pc = f->pc;
#define SAVE() (f->gas = gas, f->pc = pc, f->height = (u32)(top - stack))
#define FAIL(why)   \
  do {              \
    context->error = why; \
    goto failed;    \
  } while (0)
#define EXPAND(end)                      \
  do {                                   \
    u64 end_ = (end);                    \
    if (end_ > (u64)f->memory_size) {    \
      gas = expand(f, end_, gas);        \
      if (gas < 0) FAIL(OUT_OF_GAS);     \
    }                                    \
  } while (0)
#define OFFSET(w)                                                              \
  if (!fits_in_64_bits(w) || (w)->l[0] > MEMORY_LIMIT) FAIL(OUT_OF_GAS)
#define NEXT break
  for (;;) {
    const u32 op = bytes[pc];
    const operation info = operations[op];
    const u32 height = (u32)(top - stack);
    if (METERED) before = gas;
    if (unlikely(info.kind >= OUTSIDE)) {
      if (info.kind == MISSING) {
        context->error_a = op;
        FAIL(BAD_OPCODE);
      }
      if (height < info.takes) {
        context->error_a = height;
        context->error_b = info.takes;
        if (METERED && op >= 0xf0 && op != 0xf3 && op != 0xfd && op != 0xff) give_up(); /* what it looked at, and paid */
        FAIL(UNDERFLOW);
      }
      SAVE();
      f->resume = f->entry = INTERPRET;
      u32 r = operate(f, op);
      if (r != GO) return r;
      gas = f->gas;
      top = stack + f->height;
      if (top - stack > STACK_LIMIT) {
        if (METERED) give_up();
        FAIL(OVERFLOW);
      }
      pc++;
      continue;
    }
    if (unlikely(height - info.takes > info.room || gas < info.gas)) {
      if (gas < info.gas && (info.kind == GAS_FIRST || height >= info.takes)) FAIL(OUT_OF_GAS);
      if (height < info.takes) {
        context->error_a = height;
        context->error_b = info.takes;
        FAIL(UNDERFLOW);
      }
      /* the other faults come before too much on the stack, which is noticed when it is there */
      FAIL(OVERFLOW);
    }
    gas -= info.gas;
    switch (op) {
      case 0x01: add_to(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x02: multiply(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x03: subtract_to(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x04: case 0x06: {
        word q, r;
        divide(&q, &r, top - 1, top - 2);
        top[-2] = op == 0x04 ? q : r;
        top--;
        NEXT;
      }
      case 0x05: case 0x07: {
        word q, r;
        divide_signed(&q, &r, top - 1, top - 2);
        top[-2] = op == 0x05 ? q : r;
        top--;
        NEXT;
      }
      case 0x08: case 0x09: {
        word r = small(0), *m = top - 3;
        if (!is_zero(m)) {
          if (op == 0x08) add_modulo(&r, top - 1, top - 2, m, 0);
          else multiply_modulo(&r, top - 1, top - 2, prepared_modulus(m));
        }
        *m = r;
        top -= 2;
        NEXT;
      }
      case 0x0a: {
        word* exponent = top - 2;
        u64 size = 32 - leading_zeros(exponent) / 8;
        gas -= 50 * (i64)size;
        if (gas < 0) FAIL(OUT_OF_GAS);
        power(exponent, top - 1, exponent);
        top--;
        NEXT;
      }
      case 0x0b: extend_sign(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x10: top[-2] = small(is_less(top - 1, top - 2)); top--; NEXT;
      case 0x11: top[-2] = small(is_less(top - 2, top - 1)); top--; NEXT;
      case 0x12: top[-2] = small(is_less_signed(top - 1, top - 2)); top--; NEXT;
      case 0x13: top[-2] = small(is_less_signed(top - 2, top - 1)); top--; NEXT;
      case 0x14: top[-2] = small(is_equal(top - 1, top - 2)); top--; NEXT;
      case 0x15: top[-1] = small(is_zero(top - 1)); NEXT;
      case 0x16: for (int i = 0; i < 4; i++) top[-2].l[i] &= top[-1].l[i]; top--; NEXT;
      case 0x17: for (int i = 0; i < 4; i++) top[-2].l[i] |= top[-1].l[i]; top--; NEXT;
      case 0x18: for (int i = 0; i < 4; i++) top[-2].l[i] ^= top[-1].l[i]; top--; NEXT;
      case 0x19: for (int i = 0; i < 4; i++) top[-1].l[i] = ~top[-1].l[i]; NEXT;
      case 0x1a: take_byte(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x1b: shift_left(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x1c: shift_right(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x1d: shift_right_signed(top - 2, top - 1, top - 2); top--; NEXT;
      case 0x1e: top[-1] = small(leading_zeros(top - 1)); NEXT;
      case 0x20: {
        word *offset = top - 1, *size = top - 2;
        if (!fits_in_64_bits(size) || size->l[0] >> 40) FAIL(OUT_OF_GAS);
        u64 n = size->l[0];
        gas -= 6 * words_of(n);
        if (gas < 0) FAIL(OUT_OF_GAS);
        if (n) {
          OFFSET(offset);
          EXPAND(offset->l[0] + n);
        }
        u8 digest[32];
        keccak_to(digest, memory + (n ? (u32)offset->l[0] : 0), (u32)n);
        *size = word_at(digest);
        top--;
        NEXT;
      }
      case 0x30: *top++ = f->address; NEXT;
      case 0x32: *top++ = context->environment[0]; NEXT;
      case 0x33: *top++ = f->caller; NEXT;
      case 0x34: *top++ = f->value; NEXT;
      case 0x35: {
        word* offset = top - 1;
        if (fits_in_64_bits(offset) && offset->l[0] + 32 <= (u64)f->data_size && offset->l[0] < MEMORY_LIMIT) {
          *offset = word_at((u8*)f->data + (u32)offset->l[0]);
        } else {
          u8 piece[32];
          copy_padded((u32)piece, 32, f->data, (u64)f->data_size, offset);
          *offset = word_at(piece);
        }
        NEXT;
      }
      case 0x36: *top++ = small((u64)f->data_size); NEXT;
      case 0x37: case 0x39: {
        word *to = top - 1, *offset = top - 2, *size = top - 3;
        if (!fits_in_64_bits(size) || size->l[0] >> 40) FAIL(OUT_OF_GAS);
        u64 n = size->l[0];
        gas -= 3 * words_of(n);
        if (gas < 0) FAIL(OUT_OF_GAS);
        if (n) {
          OFFSET(to);
          EXPAND(to->l[0] + n);
          copy_padded((u32)(memory + (u32)to->l[0]), n, op == 0x37 ? f->data : f->code_at,
                      op == 0x37 ? (u64)f->data_size : f->code_size, offset);
        }
        top -= 3;
        NEXT;
      }
      case 0x38: *top++ = small(f->code_size); NEXT;
      case 0x3a: *top++ = context->environment[1]; NEXT;
      case 0x3d: *top++ = small(context->return_size); NEXT;
      case 0x41: *top++ = context->environment[2]; NEXT;
      case 0x42: *top++ = context->environment[3]; NEXT;
      case 0x43: *top++ = context->environment[4]; NEXT;
      case 0x44: *top++ = context->environment[5]; NEXT;
      case 0x45: *top++ = context->environment[6]; NEXT;
      case 0x46: *top++ = context->environment[7]; NEXT;
      case 0x48: *top++ = context->environment[8]; NEXT;
      case 0x4a: *top++ = context->environment[9]; NEXT;
      case 0x50: top--; NEXT;
      case 0x51:
        OFFSET(top - 1);
        EXPAND(top[-1].l[0] + 32);
        top[-1] = word_at(memory + (u32)top[-1].l[0]);
        NEXT;
      case 0x52:
        OFFSET(top - 1);
        EXPAND(top[-1].l[0] + 32);
        put_word(memory + (u32)top[-1].l[0], top - 2);
        top -= 2;
        NEXT;
      case 0x53:
        OFFSET(top - 1);
        EXPAND(top[-1].l[0] + 1);
        memory[(u32)top[-1].l[0]] = (u8)top[-2].l[0];
        top -= 2;
        NEXT;
      case 0x56:
      case 0x57: {
        const word* target = --top;
        if (op == 0x57) {
          const word* condition = --top;
          if (is_zero(condition)) {
            if (visits[pc + 1] != 0xffff) visits[pc + 1]++;
            NEXT;
          }
        }
        if (!fits_in_64_bits(target) || target->l[0] >= f->code_size || !(kinds[(u32)target->l[0]] & JUMP_HERE)) FAIL(BAD_JUMP);
        pc = (u32)target->l[0];
        continue;
      }
      case 0x58: *top++ = small(pc); NEXT;
      case 0x59: *top++ = small((u64)f->memory_size); NEXT;
      case 0x5a: *top++ = small((u64)gas); NEXT;
      case 0x5b:
        if (visits[pc] != 0xffff) visits[pc]++;
        if (unlikely(gas < context->pause_at)) {
          gas += info.gas;
          SAVE();
          f->entry = INTERPRET;
          return PAUSED;
        }
        if (unlikely(kinds[pc] & ENTER_HERE)) {
          i32 version = entry_at(c, pc, height, stack, gas + info.gas);
          if (version >= 0) {
            gas += info.gas;
            SAVE();
            f->entry = version;
            return SWITCH;
          }
        }
        if (unlikely(++c->heat == context->heat_limit)) {
          gas += info.gas;
          SAVE();
          f->entry = INTERPRET;
          context->code = f->code;
          return HOT;
        }
        NEXT;
      case 0x5e: {
        word *to = top - 1, *from = top - 2, *size = top - 3;
        if (!fits_in_64_bits(size) || size->l[0] >> 40) FAIL(OUT_OF_GAS);
        u64 n = size->l[0];
        gas -= 3 * words_of(n);
        if (gas < 0) FAIL(OUT_OF_GAS);
        if (n) {
          OFFSET(to);
          OFFSET(from);
          EXPAND((to->l[0] > from->l[0] ? to->l[0] : from->l[0]) + n);
          move_bytes(memory + (u32)to->l[0], memory + (u32)from->l[0], (u32)n);
        }
        top -= 3;
        NEXT;
      }
      case 0x5f: *top++ = small(0); NEXT;
      case 0x60: *top++ = small(bytes[pc + 1]); pc += 2; continue;
      case 0x61: *top++ = small((u64)bytes[pc + 1] << 8 | bytes[pc + 2]); pc += 3; continue;
      case 0x62 ... 0x7f: {
        u32 n = op - 0x5f, k = n;
        word w = {{0, 0, 0, 0}};
        const u8* last = bytes + pc + n;
        for (u32 i = 0; k; i++) {
          u32 take = k < 8 ? k : 8;
          u64 limb = 0;
          for (u32 j = 0; j < take; j++) limb |= (u64)*last-- << 8 * j;
          w.l[i] = limb;
          k -= take;
        }
        *top++ = w;
        pc += n + 1;
        continue;
      }
      case 0x80 ... 0x8f: *top = top[0x7f - (i32)op]; top++; NEXT;
      case 0x90 ... 0x9f: {
        word swapped = top[0x8e - (i32)op];
        top[0x8e - (i32)op] = top[-1];
        top[-1] = swapped;
        NEXT;
      }
      default:
        context->error_a = op;
        FAIL(BAD_OPCODE);
    }
    pc++;
  }
failed:
  SAVE();
  if (METERED) meter->before = before;
  return context->too_big ? TOO_BIG : HALT;
}

/* Compiled code was left for a place that it does not have. Where that is what follows a conditional jump, nothing else
 * would tell that it is visited. */
static void note_visit(const frame* f) {
  u16* visits = (u16*)code_at(f->code)->visits;
  if (f->pc && ((u8*)f->code_at)[f->pc - 1] == 0x57 && visits[f->pc] != 0xffff) visits[f->pc]++;
}

enum { LEAVES_TO_OPERATE = 0, LEAVES_TO_INTERPRET = 1, LEAVES_OUT_OF_GAS = 2 };

/* Run until the host is needed; answers for what. */
u32 EXPORT(drive)(void) {
  for (;;) {
    frame* f = frame_at(context->depth - 1);
    u32 r;
    if (METERED && unlikely(meter->over)) {
      meter->over = 0;
      r = end_at_limit(f, 0);
      if (r > SWITCH) return r;
      continue;
    }
    switch (f->entry) {
      case INTERPRET: r = interpret(f); break;
      case OPERATE:
      case COME_BACK: r = operate(f, ((u8*)f->code_at)[f->pc]); break;
      case AT_HOST:
        f->entry = REFUSED; /* the host's answer is its end */
        f->resume = -1;
        return account_at(account_of(&f->code_address))->flags & PRECOMPILE ? NEEDS_PRECOMPILE : NEEDS_PRINT;
      case REFUSED:
        if (f->resume >= 0) context->error = (u32)f->resume;
        r = leave(f);
        break;
      case STORE_CODE: r = store_code(f); break;
      default: {
        u32 left = ((u32(*)(frame*, i32, u32))(code_at(f->code)->function))(f, f->entry, code_at(f->code)->constants);
        if (METERED && unlikely(meter->crossed)) {
          meter->crossed = 0;
          f->gas = meter->before;
          r = end_at_limit(f, meter->price);
        } else if (left == LEAVES_TO_OPERATE) {
          f->entry = OPERATE;
          r = operate(f, ((u8*)f->code_at)[f->pc]);
        } else if (left == LEAVES_TO_INTERPRET) {
          f->entry = f->resume = INTERPRET;
          note_visit(f);
          r = SWITCH;
        } else {
          /* which operation it was is not known: Python says how much it had computed */
          r = METERED ? give_up() : context->too_big ? TOO_BIG : halt(OUT_OF_GAS);
        }
      }
    }
    if (METERED && unlikely(meter->alone) && r == GO) r = end_alone(f);
    if (r == GO) {
      f->pc++;
      f->entry = f->resume;
      if (f->height > STACK_LIMIT) r = METERED ? give_up() : halt(OVERFLOW);
    }
    if (METERED) {
      if (r == HALT && meter->hidden && context->error == OUT_OF_GAS) r = run_alone(f);
      if (r == HALT) meter->alone = 0;
    }
    if (r == HALT) {
      context->return_size = context->answered = 0;
      r = leave(f);
    }
    if (r > SWITCH) {
      if (((r >= NEEDS_ACCOUNT && r <= NEEDS_CREATION) || r == NEEDS_PRICE) && f->entry != COME_BACK) f->entry = OPERATE;
      return r;
    }
  }
}

/* A new transaction: of count accounts in LISTS something is known (their addresses, each with flags in its last word).
 * The outermost frame is what the host has filled in; answers for what the host is needed first. */
static u32 prepare_frame(u32 count) {
  context->generation++;
  context->undo_count = context->logs_size = context->accessed_count = context->looked_at_count = 0;
  context->changed_count = context->return_size = context->answered = context->too_big = context->error = 0;
  zero_from = zero_to = 0;
  for (word* w = (word*)LISTS; count--; w++) {
    word address = as_address(w);
    account* a = account_at(account_of(&address));
    a->flags |= (u32)w->l[3];
    if (METERED && a->flags & LOADED) a->flags &= ~PREWARMED;
  }
  frame* f = frame_at(0);
  context->depth = 1;
  f->account = account_of(&f->address);
  f->stack = STACKS;
  f->undo_at = f->logs_at = 0;
  f->height = f->pc = 0;
  f->memory_size = 0;
  f->entry = f->resume = INTERPRET;
  if (METERED) {
    meter->settled = 1;
    meter->hidden = 0;
    meter->gave_up = meter->inside = meter->crossed = meter->alone = meter->limited = meter->over = 0;
  }
  set_code_of(f, f->code);
  begin_code(f);
  return know(f->account);
}
/* The same, without going on. */
u32 EXPORT(set_up)(u32 count) { return prepare_frame(count); }
u32 EXPORT(start)(u32 count) {
  u32 r = prepare_frame(count);
  return r ? r : drive();
}
/* The place of an account, which is made. */
u32 EXPORT(place_account)(void) { return account_of(&context->asked); }
/* Slots of context.account from LISTS: key and value. */
void EXPORT(put_slots)(u32 count, u32 flags, u32 state) {
  for (word* w = (word*)LISTS; count--; w += 2) {
    u32 i = slot_of(context->account, w);
    slot* s = slot_at(i);
    s->flags |= flags;
    if (s->state & SLOT_KNOWN) continue;
    s->state |= state;
    s->current = s->original = w[1];
  }
}
/* The state that is read is another one, of which nothing is known. */
void EXPORT(forget_state)(void) {
  context->epoch++;
  context->account_count = context->slot_count = 0;
}
/* The state that is read has changed, between two transactions, in the accounts and slots in LISTS. */
typedef struct {
  u32 what;
  u32 place;
  u64 unused;
  union {
    account_state account;
    word slot[2];
  };
} state_change;
_Static_assert(sizeof(state_change) == 96, "state change");
enum { ACCOUNT_IS, SLOT_IS, STORAGE_IS_ANOTHER };
void EXPORT(state_changes)(u32 count) {
  context->generation++;
  for (state_change* c = (state_change*)LISTS; count--; c++) {
    account* a = account_at(c->place);
    if (c->what == ACCOUNT_IS) {
      a->before = c->account;
      a->in_state = 1;
    } else if (c->what == STORAGE_IS_ANOTHER) {
      a->incarnation++;
      a->storage_in_state = 0;
    } else {
      account_of(&a->address);
      slot* s = slot_at(slot_of(c->place, c->slot));
      s->state = SLOT_IN_STATE;
      s->original = c->slot[1];
    }
  }
}
/* What is to be known of code before it runs: context.pointer, context.size → code number context.code. */
void EXPORT(analyse)(void) {
  code* c = code_at(context->code);
  u8 *bytes = (u8*)c->at, *kinds = (u8*)c->kinds;
  u32 size = c->size;
  fill_bytes(kinds, 0, size + 1);
  fill_bytes((void*)c->visits, 0, 2 * (size + 1));
  for (u32 pc = 0; pc < size; pc++) {
    u8 op = bytes[pc];
    if (op == 0x5b) kinds[pc] = JUMP_HERE;
    else if (op >= 0x60 && op <= 0x7f) pc += op - 0x5f;
  }
  c->function = 0;
  c->heat = c->entries = c->entries_mask = 0;
  c->is_delegation = size == 23 && bytes[0] == 0xef && bytes[1] == 1 && bytes[2] == 0;
}
/* For compiled code: what it does not do itself. Operands and results lie in memory. */
i64 EXPORT(memory_grow)(frame* f, i64 end, i64 gas) { return expand(f, (u64)end, gas); }
void EXPORT(hash)(word* r, const u8* data, u32 size) {
  u8 digest[32];
  keccak_to(digest, data, size);
  *r = word_at(digest);
}
void EXPORT(div)(word* r, const word* a, const word* b) {
  word rest;
  divide(r, &rest, a, b);
}
void EXPORT(mod)(word* r, const word* a, const word* b) {
  word q;
  divide(&q, r, a, b);
}
void EXPORT(sdiv)(word* r, const word* a, const word* b) {
  word rest;
  divide_signed(r, &rest, a, b);
}
void EXPORT(smod)(word* r, const word* a, const word* b) {
  word q;
  divide_signed(&q, r, a, b);
}
void EXPORT(addmod)(word* r, const word* a, const word* b, const word* m) {
  if (is_zero(m)) *r = small(0);
  else add_modulo(r, a, b, m, 0);
}
void EXPORT(mulmod)(word* r, const word* a, const word* b, const word* m) {
  if (is_zero(m)) *r = small(0);
  else multiply_modulo(r, a, b, prepared_modulus(m));
}
void EXPORT(div_known)(word* r, const word* a, const divisor* p) {
  word rest;
  divide_by(r, &rest, a, p);
}
void EXPORT(mod_known)(word* r, const word* a, const divisor* p) {
  word q;
  divide_by(&q, r, a, p);
}
void EXPORT(addmod_known)(word* r, const word* a, const word* b, const word* m, const divisor* p) { add_modulo(r, a, b, m, p); }
void EXPORT(mulmod_known)(word* r, const word* a, const word* b, const divisor* p) { multiply_modulo(r, a, b, p); }
void EXPORT(exp)(word* r, const word* a, const word* b) { power(r, a, b); }
void EXPORT(signextend)(word* r, const word* a, const word* b) { extend_sign(r, a, b); }
void EXPORT(byte)(word* r, const word* a, const word* b) { take_byte(r, a, b); }
void EXPORT(shl)(word* r, const word* a, const word* b) { shift_left(r, a, b); }
void EXPORT(shr)(word* r, const word* a, const word* b) { shift_right(r, a, b); }
void EXPORT(sar)(word* r, const word* a, const word* b) { shift_right_signed(r, a, b); }
u64 EXPORT(clz)(const word* a) { return leading_zeros(a); }
void EXPORT(calldataload)(word* r, const frame* f, const word* offset) {
  u8 piece[32];
  copy_padded((u32)piece, 32, f->data, (u64)f->data_size, offset);
  *r = word_at(piece);
}
void EXPORT(copy_data)(u32 to, u64 size, u32 source, u64 source_size, const word* offset) {
  copy_padded(to, size, source, source_size, offset);
}
/* Operations that reach beyond the frame, done where compiled code is: the gas left, or -1 where they have to be done
 * from outside, with nothing done that doing it again would change. The operands lie on the frame's stack. */
i64 EXPORT(sload)(frame* f, u32 height, i64 gas) {
  word* key = (word*)f->stack + height - 1;
  u32 place = slot_of(f->account, key);
  slot* s = slot_at(place);
  gas -= s->flags & WARM ? GAS_WARM : GAS_COLD_SLOT;
  if (unlikely(gas < 0 || !(s->state & SLOT_KNOWN) || context->too_big)) return -1;
  access_slot(place);
  warm_slot(place, f->undo_at);
  *key = s->current;
  return gas;
}
i64 EXPORT(sstore)(frame* f, u32 height, i64 gas) {
  f->gas = gas;
  f->height = height;
  i64 stipend = begin_inside();
  u32 r = operate_sstore(f);
  return likely(r == GO && !context->too_big) ? end_inside(f) : leave_inside(f, stipend);
}
i64 EXPORT(operate_here)(frame* f, u32 op, u32 height, i64 gas) {
  f->gas = gas;
  f->height = height;
  if (context->tells && op >= 0xa0) return -1;
  i64 stipend = begin_inside();
  return likely(operate(f, op) == GO) ? end_inside(f) : leave_inside(f, stipend);
}

void* memcpy(void* to, const void* from, unsigned long size) { return __builtin_memcpy(to, from, size); }
void* memmove(void* to, const void* from, unsigned long size) { return __builtin_memmove(to, from, size); }
void* memset(void* to, int byte_, unsigned long size) { return __builtin_memset(to, byte_, size); }
int memcmp(const void* a, const void* b, unsigned long size) {
  const u8 *x = a, *y = b;
  for (; size--; x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}
