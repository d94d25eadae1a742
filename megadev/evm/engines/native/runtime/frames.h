/* Call frames: how they begin, what they may do to the world, how they end.
 *
 * An operation that needs something of the host changes nothing that doing it again would change twice: the host
 * answers and the operation begins anew. */
#pragma once
#include "journal.h"
#include "keccak.h"
#include "mega.h"

#define here(f) account_at((f)->account)

static inline u32 halt(u32 error) {
  context->error = error;
  return HALT;
}
static inline word* top_of(const frame* f) { return (word*)f->stack + f->height; }
static inline u32 ask(u32 what, u32 place) {
  context->account = place;
  return what;
}
static inline u32 know(u32 place) {
  account* a = account_at(place);
  if (likely(a->is_known)) return GO;
  if (a->in_state && !(a->flags & WRITTEN)) {
    u32 flags = a->flags | a->before.flags;
    a->now = a->before;
    a->flags = flags;
    a->is_known = 1;
    ((u32*)LOOKED_AT)[context->looked_at_count++] = place;
    return GO;
  }
  context->asked = a->address;
  return ask(NEEDS_ACCOUNT, place);
}
static inline u32 know_code(u32 place) {
  u32 r = know(place);
  if (r) return r;
  account* a = account_at(place);
  if (a->code == UNKNOWN_CODE) {
    if (has_code(a)) return ask(NEEDS_CODE, place);
    a->code = EMPTY_CODE;
  }
  return GO;
}
static inline word as_address(const word* w) { return (word){{w->l[0], w->l[1], w->l[2] & 0xffffffff, 0}}; }

/* Zeros lie from here to there: what grows to within them need not be filled. */
static u32 zero_from, zero_to;

/* The gas left after memory has been paid for, and provided, up to end; below 0 where that cannot be. */
static i64 expand(frame* f, u64 end, i64 gas) {
  if (end <= (u64)f->memory_size) return gas;
  if (end > MEMORY_LIMIT) return -1;
  i64 before = f->memory_size >> 5, after = (i64)(end + 31) >> 5;
  gas -= GAS_MEMORY_WORD * (after - before) + after * after / GAS_MEMORY_QUADRATIC -
         before * before / GAS_MEMORY_QUADRATIC;
  if (gas < 0) return gas;
  /* a quarter more is filled with zeros than is asked for, so that growing word by word is not filling word by word */
  u32 spare = after < 1024 ? 256 : after < 65536 ? (u32)after * 8 : 524288;
  u64 room = (u64)__builtin_wasm_memory_size(0) << 16, top = (u64)f->memory + 32 * (u64)after + spare + 4096;
  if (unlikely(top > room)) {
    u64 pages = ((top - room) >> 16) + 64;
    if (top >= 0xffff0000ull || __builtin_wasm_memory_grow(0, (u32)pages) == (unsigned long)-1) {
      context->too_big = 1;
      return -1;
    }
  }
  u32 from = f->memory + (u32)f->memory_size, to = f->memory + 32 * (u32)after;
  if (from != zero_from || to > zero_to) {
    fill_bytes((void*)from, 0, to - from + spare);
    zero_to = to + spare;
  }
  zero_from = to;
  f->memory_size = 32 * after;
  return gas;
}
/* memory[offset : offset + size] paid for and provided; 0 where there is not the gas. */
static inline int use_memory(frame* f, const word* offset, const word* size) {
  if (is_zero(size)) return 1;
  if (!fits_in_64_bits(offset) || !fits_in_64_bits(size) || offset->l[0] > MEMORY_LIMIT || size->l[0] > MEMORY_LIMIT) return 0;
  i64 gas = expand(f, offset->l[0] + size->l[0], f->gas);
  if (gas < 0) return 0;
  f->gas = gas;
  return 1;
}
static inline int charge(frame* f, i64 amount) { return f->gas >= amount ? (f->gas -= amount, 1) : 0; }
static inline i64 words_of(u64 size) { return (i64)((size + 31) >> 5); }
/* Gas for each word of size bytes; below 0 where size is beyond anything. */
static inline int charge_words(frame* f, const word* size, i64 base, i64 each) {
  if (!fits_in_64_bits(size) || size->l[0] >> 48) return 0;
  return charge(f, base + each * words_of(size->l[0]));
}
/* memory[to : to + size] = source[offset :], zeros beyond its end. */
static inline void copy_padded(u32 to, u64 size, u32 source, u64 source_size, const word* offset) {
  u64 from = fits_in_64_bits(offset) && offset->l[0] < source_size ? offset->l[0] : source_size;
  u64 have = source_size - from < size ? source_size - from : size;
  if (have) move_bytes((void*)to, (void*)(source + (u32)from), (u32)have);
  if (have < size) fill_bytes((void*)(to + (u32)have), 0, (u32)(size - have));
}

/* The frame's code, or that of what it is delegated to. */
static void set_code_of(frame* f, u32 index) {
  f->code = index;
  f->code_at = code_at(index)->at;
  f->code_size = code_at(index)->size;
}
/* A new frame on top of f, with what all of them have. */
static frame* push(frame* f, u32 kind, i64 gas) {
  frame* n = frame_at(context->depth++);
  u32 memory = (f->memory + (u32)f->memory_size + 31) & ~31u;
  n->gas = n->gas_at = gas;
  n->memory_size = n->data_size = 0;
  n->pc = n->height = 0;
  n->entry = INTERPRET;
  n->resume = INTERPRET;
  n->stack = f->stack + 32 * f->height;
  n->memory = memory;
  n->data = memory;
  n->kind = kind;
  n->undo_at = context->undo_count;
  n->logs_at = context->logs_size;
  n->refund_at = context->refund;
  n->out_at = n->out_size = 0;
  n->is_static = f->is_static;
  n->is_delegated = 0;
  context->return_size = 0;
  context->pause_at -= f->gas; /* what is left of the slice is the child's */
  return n;
}
static inline u32 tell(u32 what) { return context->tells ? what : SWITCH; }
/* A frame has begun. Code that only calls, without a jump, is interrupted here and nowhere else. */
static inline u32 entered(frame* n) {
  if (context->tells) return ENTERED;
  return n->gas < context->pause_at ? PAUSED : SWITCH;
}
static void begin_code(frame* n) {
  clamp(n);
  code* c = code_at(n->code);
  if (c->function && ((u8*)c->kinds)[0] & ENTER_HERE) {
    for (u32 h = 0;; h++) {
      entry* e = (entry*)c->entries + (h & c->entries_mask);
      if (!e->pc) return;
      if (e->pc == 1 && e->height == 0) {
        if (n->gas >= e->gas) n->entry = e->version;
        return;
      }
    }
  }
}

/* The outcome is in context.error and the return data; the frame goes, its caller goes on. */
static u32 leave(frame* f) {
  u32 error = context->error, size = context->return_size;
  end_meter(f, error);
  i64 gas = f->gas;
  if (error) {
    undo_to(f->undo_at);
    context->logs_size = f->logs_at;
    context->refund = f->refund_at;
    if (error != REVERTED) {
      if (error < DEPTH || error == COLLISION) gas = 0;
      size = 0;
    }
  }
  if (METERED && gas > top_meter()->ceiling) gas = top_meter()->ceiling;
  context->gas = gas;
  context->return_size = size;
  if (--context->depth == 0) {
    report();
    return FINISHED;
  }
  frame* p = frame_at(context->depth - 1);
  context->pause_at += p->gas + gas - f->gas; /* as if the caller had spent it */
  p->gas += gas;
  word* top = top_of(p);
  int is_creation = f->kind == 0xf0 || f->kind == 0xf5;
  if (is_creation) {
    *top = error ? small(0) : f->address;
    context->size = size; /* the output, for who is told */
    if (error != REVERTED) context->return_size = 0;
  } else {
    *top = small(!error);
    context->size = size;
    u32 n = size < f->out_size ? size : f->out_size;
    if (n) copy_bytes((void*)(p->memory + f->out_at), (void*)RETURN_DATA, n);
  }
  p->height++;
  resume_meter(p);
  if (METERED && unlikely(meter->over) && (context->tells || (is_creation && error && error != REVERTED))) return give_up();
  return tell(LEFT);
}
/* A limit of the whole transaction is crossed: all frames end, and keep their gas. */
static u32 end_everything(void) {
  if (meter->rules & INFLATES) return give_up();
  meter->rescued = 0;
  for (u32 i = 1; i < context->depth; i++) meter->rescued += frame_at(i)->gas;
  undo_to(0);
  context->logs_size = 0;
  context->refund = frame_at(0)->refund_at;
  context->error = LIMIT;
  context->gas = frame_at(0)->gas;
  context->return_size = context->depth = 0;
  report();
  return FINISHED;
}
/* What has just been counted crosses a limit, by an operation that is done and has paid storage gas: the first one that
 * is crossed ends its frame, which reverts with MegaLimitExceeded(uint8,uint64), or everything. */
static u32 end_at_limit(frame* f, i64 paid) {
  if (context->tells) return give_up();
  if (meter->inside) { /* to be ended from outside */
    meter->crossed = 1;
    meter->before = f->gas;
    meter->price = paid;
    return HALT;
  }
  const frame_meter* m = top_meter();
  const i64 used[4] = {meter->data, meter->kv, meter->compute, meter->growth},
            caps[4] = {m->data_cap, m->kv_cap, m->compute_cap, m->growth_cap},
            budgets[4] = {m->data_cap - m->data_start, m->kv_cap - m->kv_start, m->compute_budget, m->growth_cap - m->growth_start},
            limits[4] = {meter->data_limit, meter->kv_limit, meter->compute_limit, meter->growth_limit};
  for (u64 i = 0; i < 4; i++) {
    if (used[i] > caps[i]) {
      u8* out = (u8*)RETURN_DATA;
      for (u32 k = 0; k < 4; k++) out[k] = (u8)(MEGA_LIMIT_EXCEEDED >> (24 - 8 * k));
      word kind = small(i), budget = small((u64)budgets[i]);
      put_word(out + 4, &kind);
      put_word(out + 36, &budget);
      context->return_size = 68;
      context->error = REVERTED;
      meter->storage += paid;
      meter->limited = context->depth == 1;
      return leave(f);
    }
    if (used[i] > limits[i]) return end_everything();
  }
  return give_up();
}
static u32 refuse(frame* n, u32 why) {
  n->entry = REFUSED;
  n->resume = (i32)why;
  return tell(ENTERED);
}
/* A creation has returned: its output becomes the account's code (EIP-170, EIP-3541), once the host knows it. */
static u32 store_code(frame* f) {
  u32 size = context->return_size;
  context->error = NO_ERROR;
  if (!context->answered) {
    i64 paid = METERED ? meter->code_byte * size : 0;
    if (METERED) meter->data += size;
    if (METERED && !charge(f, paid)) context->error = CODE_STORAGE_GAS;
    else if (size && *(u8*)RETURN_DATA == 0xef) context->error = CODE_BEGINS_WITH_EF;
    else if (size > context->code_limit) context->error = CODE_SIZE;
    else if (!charge(f, GAS_CODE_BYTE * (i64)size)) context->error = CODE_STORAGE_GAS;
    if (METERED) {
      if (!context->error) {
        meter->compute += GAS_CODE_BYTE * (i64)size;
        meter->storage += paid;
      }
      if (is_over(top_meter())) return give_up();
    }
    if (!context->error && size) {
      f->entry = STORE_CODE;
      context->account = f->account;
      context->size = size;
      return NEEDS_NEW_CODE;
    }
  } else {
    keep_account(f->account, f->undo_at);
    account* a = here(f);
    a->code = (i32)context->code;
    a->flags |= EXISTS;
    copy_bytes(a->hash, &context->answer, 32);
    context->answered = 0;
  }
  return leave(f);
}
static u32 end(frame* f) {
  open_frame(f);
  if (METERED && context->error && (f->kind == 0xf0 || f->kind == 0xf5)) { /* what it returns is data for a moment */
    meter->data += context->return_size;
    if (is_over(top_meter())) return give_up();
  }
  if (!context->error && (f->kind == 0xf0 || f->kind == 0xf5)) return store_code(f);
  return leave(f);
}

static u32 load_slot(frame* f, u32 place) {
  if (slot_at(place)->state & SLOT_KNOWN) return GO;
  context->asked = slot_at(place)->key;
  context->account = f->account;
  context->size = place;
  return NEEDS_SLOT;
}
static inline u32 operate_sload(frame* f) {
  word* key = top_of(f) - 1;
  u32 place = slot_of(f->account, key);
  slot* s = slot_at(place);
  i64 cost = s->flags & WARM ? GAS_WARM : GAS_COLD_SLOT;
  if (f->gas < cost) return halt(OUT_OF_GAS);
  if (unlikely(!(s->state & SLOT_KNOWN))) return load_slot(f, place);
  f->gas -= cost;
  access_slot(place);
  warm_slot(place, f->undo_at);
  *key = s->current;
  return GO;
}
/* Storage gas of what context.size is a slot of, or of context.account: the host's answer is meter.price. */
static u32 ask_price(u32 account, u32 slot_place) {
  context->size = slot_place;
  return ask(NEEDS_PRICE, account);
}
/* A slot has been written: what MegaETH counts of it (40 bytes and one update where it changes first, and growth). */
static inline u32 count_store(frame* f, const word* original, const word* current, const word* value, i64 paid) {
  if (!METERED) return GO;
  i64 computed = meter->mark - paid - f->gas;
  if (unlikely(meter->compute + computed > top_meter()->compute_cap || meter->compute + computed > meter->compute_limit))
    return close_frame(f, paid, 0); /* before anything else is counted */
  int was_zero = is_zero(original);
  if (is_equal(original, current)) {
    if (!is_equal(original, value)) {
      meter->data += MEGA_SLOT_SIZE;
      meter->kv++;
    }
  } else if (is_equal(original, value)) {
    meter->data -= MEGA_SLOT_SIZE;
    meter->kv--;
  } else if (!was_zero) { /* nothing more is counted, and compute has been looked at */
    meter->compute += computed;
    meter->storage += paid;
    clamp(f);
    return GO;
  }
  if (was_zero) {
    if (is_zero(current)) meter->growth += !is_zero(value);
    else if (is_zero(value)) meter->growth--;
  }
  return close_frame(f, paid, 0);
}
/* EIP-2200 with the prices of EIP-2929 and the refunds of EIP-3529. MegaETH looks at the slot and takes storage gas
 * before it asks whether the slot may be written. */
static inline u32 operate_sstore(frame* f) {
  open_frame(f);
  if (!METERED) {
    if (f->is_static) return halt(WRITE_PROTECTION);
    if (f->gas <= GAS_SLOT_SENTRY) return halt(OUT_OF_GAS);
  }
  word *key = top_of(f) - 1, *value = key - 1;
  u32 place = slot_of(f->account, key);
  slot* s = slot_at(place);
  if (unlikely(!(s->state & SLOT_KNOWN))) return load_slot(f, place);
  access_slot(place);
  i64 paid = 0;
  if (METERED) {
    if (meter->is_multiplied && is_zero(&s->original) && is_zero(&s->current) && !is_zero(value)) {
      if (!context->answered) return ask_price(f->account, place);
      context->answered = 0;
      if ((paid = pay_storage(f, meter->price)) < 0) return halt(OUT_OF_GAS);
    }
    if (f->is_static) return halt(WRITE_PROTECTION);
    if (f->gas <= GAS_SLOT_SENTRY) return halt(OUT_OF_GAS);
  }
  i64 cost = s->flags & WARM ? 0 : GAS_COLD_SLOT;
  int same = is_equal(&s->current, value), was_zero = is_zero(&s->original);
  if (!same && is_equal(&s->original, &s->current)) cost += was_zero ? GAS_SLOT_SET : GAS_SLOT_RESET;
  else cost += GAS_WARM;
  if (f->gas < cost) return halt(OUT_OF_GAS);
  f->gas -= cost;
  f->height -= 2;
  warm_slot(place, f->undo_at);
  if (same) return count_store(f, &s->original, value, value, paid);
  if (!was_zero) {
    if (is_zero(&s->current)) context->refund -= GAS_SLOT_CLEARED_REFUND;
    else if (is_zero(value)) context->refund += GAS_SLOT_CLEARED_REFUND;
  }
  if (is_equal(&s->original, value))
    context->refund += was_zero ? GAS_SLOT_SET_UNDONE_REFUND : GAS_SLOT_RESET_UNDONE_REFUND;
  keep_slot(place, f->undo_at);
  word current = s->current;
  s->current = *value;
  return count_store(f, &s->original, &current, value, paid);
}

static u32 operate_log(frame* f, u32 topics) {
  open_frame(f);
  if (!METERED && f->is_static) return halt(WRITE_PROTECTION);
  word *offset = top_of(f) - 1, *size = offset - 1;
  if (!fits_in_64_bits(size) || size->l[0] > 1ull << 40) return halt(OUT_OF_GAS);
  i64 paid = METERED ? pay_storage(f, meter->topic * topics + meter->log_byte * (i64)size->l[0]) : 0;
  if (paid < 0) return halt(OUT_OF_GAS);
  if (METERED && f->is_static) return halt(WRITE_PROTECTION);
  i64 cost = GAS_LOG + GAS_LOG_TOPIC * (i64)topics + GAS_LOG_BYTE * (i64)size->l[0];
  if (!charge(f, cost) || !use_memory(f, offset, size)) return halt(OUT_OF_GAS);
  u32 n = (u32)size->l[0], room = (16 + 32 + 32 * topics + n + 15) & ~15u;
  if (context->logs_size + room > SLOTS - LOGS) {
    context->too_big = 1;
    return GO;
  }
  u32* at = (u32*)(LOGS + context->logs_size);
  at[0] = topics;
  at[1] = n;
  word* to = (word*)(at + 4);
  *to++ = f->address;
  for (u32 i = 0; i < topics; i++) put_word((u8*)to++, top_of(f) - 3 - i);
  if (n) copy_bytes(to, (void*)(f->memory + (u32)offset->l[0]), n);
  f->height -= 2 + topics;
  context->pointer = (u32)at;
  context->logs_size += room;
  if (METERED) {
    i64 compute = meter->compute + meter->mark - paid - f->gas; /* looked at before anything else is counted */
    if (compute <= top_meter()->compute_cap && compute <= meter->compute_limit)
      meter->data += MEGA_TOPIC_SIZE * (i64)topics + n + meter->empty_log_size;
  }
  return close_frame(f, paid, 0);
}

/* The account that the code of a known one is delegated to (EIP-7702). */
static inline u32 delegate_of(const account* a) {
  word at = word_at((u8*)code_at(a->code)->at - 9); /* the address is its last 20 bytes */
  at = as_address(&at);
  return account_of(&at);
}
static inline int is_delegated_account(const account* a) { return a->code > 0 && code_at(a->code)->is_delegation; }
/* What MegaETH asks before a call does anything: who answers, whether that is volatile data, what is cold all the same,
 * and storage gas, which is paid. What came from the frame's gas lies in paid, what from its allowance in given. */
typedef struct {
  i64 paid;
  i64 given;
  u32 seen;
} toll;
static u32 take_toll(frame* f, u32 op, const word* to, u32 place, int moves, toll* t) {
  open_frame(f);
  if ((op == 0xf1 || op == 0xfa) && is_system(to)) return give_up();
  u32 r, rules = meter->rules;
  account* a = account_at(place);
  t->seen = is_beneficiary(to);
  if ((!t->seen && rules & DELEGATES_ARE_VOLATILE) || rules & QUIRKY_DELEGATES || (moves && meter->is_multiplied)) {
    if ((r = know_code(place))) return r;
    if (rules & DELEGATES_ARE_VOLATILE && is_delegated_account(a))
      t->seen |= is_beneficiary(&account_at(delegate_of(a))->address);
  }
  if (meter->quirky >> (op & 15) & 1) {
    cool(place);
    if (rules & QUIRKY_DELEGATES && is_delegated_account(a)) cool(delegate_of(a));
  }
  t->paid = t->given = 0;
  u32 made = op == 0xf2 && !(rules & SEES_THROUGH) ? f->account : place;
  if (!moves || !meter->is_multiplied || !is_dead(account_at(made))) return GO;
  if (!context->answered) return ask_price(made, NO_SLOT);
  context->answered = 0;
  t->given = top_meter()->stipend;
  t->paid = pay_storage(f, meter->price);
  t->given -= top_meter()->stipend;
  return t->paid < 0 ? halt(OUT_OF_GAS) : GO;
}
/* The call has to begin anew. */
static inline u32 ask_again(frame* f, const toll* t, u32 what) {
  if (METERED) {
    f->gas += t->paid;
    top_meter()->stipend += t->given;
  }
  return what;
}
/* A call that fails after volatile data was seen lowers the limit all the same: Python's. */
static inline u32 call_fails(const toll* t, u32 why) { return METERED && t->seen ? give_up() : halt(why); }
/* The call is paid for, and leaves so much gas. How much of what was asked for its callee may have; below 0 where a limit
 * is crossed. */
static inline i64 settle_call(i64 left, i64 wanted, int moves, const toll* t) {
  if (!METERED) return wanted;
  i64 used = meter->mark - t->paid - left;
  if (moves && !(meter->rules & COUNTS_STIPEND)) used = used > GAS_CALL_STIPEND ? used - GAS_CALL_STIPEND : 0;
  meter->compute += used;
  if (unlikely(is_over(top_meter()))) return -1;
  meter->storage += t->paid;
  if (t->seen) see(MEGA_BENEFICIARY);
  detain();
  return most_forwarded(left, wanted);
}

static u32 operate_call(frame* f, u32 op) {
  int has_value = op == 0xf1 || op == 0xf2;
  word *top = top_of(f), *gas_word = top - 1, *in_at = top - (has_value ? 4 : 3), *in_size = in_at - 1, *out_at = in_at - 2,
       *out_size = in_at - 3;
  word to = as_address(top - 2), value = has_value ? top[-3] : small(0);
  int moves = !is_zero(&value);
  u32 place = account_of(&to), r, delegate = place;
  toll t = {0, 0, 0};
  if (METERED && (r = take_toll(f, op, &to, place, moves, &t))) return r;
  if (moves && op == 0xf1 && f->is_static) return call_fails(&t, WRITE_PROTECTION);
  if (!use_memory(f, in_at, in_size) || !use_memory(f, out_at, out_size)) return call_fails(&t, OUT_OF_GAS);
  account* a = account_at(place);
  load_account(place);
  i64 cost = a->flags & WARM ? GAS_WARM : GAS_COLD_ACCOUNT;
  if (f->gas < cost) return call_fails(&t, OUT_OF_GAS);
  if ((r = know_code(place))) return ask_again(f, &t, r);
  i32 run = a->code;
  int is_delegated = run > 0 && code_at(run)->is_delegation && context->delegates;
  if (is_delegated) {
    delegate = delegate_of(a);
    if ((r = know_code(delegate))) return ask_again(f, &t, r);
    if (METERED && !(meter->rules & QUIRKY_DELEGATES)) load_account(delegate);
    run = account_at(delegate)->code;
    /* an account that is its own delegate has been paid for, and warmed, as itself */
    cost += account_at(delegate)->flags & WARM || delegate == place ? GAS_WARM : GAS_COLD_ACCOUNT;
  }
  if (moves) cost += op == 0xf1 && is_dead(a) ? GAS_CALL_VALUE + GAS_NEW_ACCOUNT : GAS_CALL_VALUE;
  if (f->gas < cost) return call_fails(&t, OUT_OF_GAS);
  warm_account(place, f->undo_at);
  if (is_delegated) warm_account(delegate, f->undo_at);
  i64 left = f->gas - cost, gas = left - left / GAS_HELD_BACK;
  if (fits_in_64_bits(gas_word) && gas_word->l[0] < (u64)gas) gas = (i64)gas_word->l[0];
  gas = settle_call(left, gas, moves, &t);
  if (METERED && gas < 0) {
    if (t.seen || !(meter->rules & SETTLES_UNSTARTED)) return give_up();
    f->gas = left;
    return end_at_limit(f, t.paid);
  }
  word in = *in_at, in_n = *in_size, out = *out_at, out_n = *out_size;
  f->height -= has_value ? 7 : 6;
  f->gas = left - gas;
  f->pc++;
  f->entry = f->resume;
  i64 given = gas + (moves ? GAS_CALL_STIPEND : 0);
  frame* n = push(f, op, given);
  n->is_delegated = is_delegated;
  n->out_at = (u32)out.l[0];
  n->out_size = (u32)out_n.l[0];
  n->data = f->memory + (u32)in.l[0];
  n->data_size = (i64)in_n.l[0];
  n->code_address = to;
  set_code_of(n, (u32)run);
  if (op == 0xf1 || op == 0xfa) {
    n->address = to;
    n->caller = f->address;
    n->value = value;
    n->account = place;
  } else {
    n->address = f->address;
    n->account = f->account;
    n->caller = op == 0xf4 ? f->caller : f->address;
    n->value = op == 0xf4 ? f->value : value;
  }
  if (op == 0xfa) n->is_static = 1;
  if (METERED && moves && op == 0xf2 && meter->rules & SEES_THROUGH) return give_up();
  u32 receiver = op == 0xf2 ? f->account : is_delegated && METERED && meter->rules & SEES_THROUGH ? delegate : place;
  if (METERED && (r = begin_call_meter(n, moves, is_dead(account_at(receiver))))) return r;
  if (context->depth > DEPTH_LIMIT + 1) return refuse(n, DEPTH);
  if (moves && is_less(&here(f)->balance, &value)) return refuse(n, BALANCE);
  if (op == 0xf1) move_value(f->account, place, &value, n->undo_at);
  else if (op == 0xfa) touch(place, n->undo_at);
  if ((a->flags & PRECOMPILE) && !is_delegated) n->entry = AT_HOST;
  else if (run == EMPTY_CODE && (a->flags & CONSOLE)) n->entry = AT_HOST;
  else begin_code(n);
  return entered(n);
}

static u32 operate_create(frame* f, u32 op) {
  open_frame(f);
  if (f->is_static) return METERED && !(meter->rules & SETTLES_UNSTARTED) ? give_up() : halt(WRITE_PROTECTION);
  word *value = top_of(f) - 1, *offset = value - 1, *size = value - 2;
  int salted = op == 0xf5;
  if (!fits_in_64_bits(size)) return halt(OUT_OF_GAS);
  if (METERED && (size->l[0] > context->initcode_limit || (salted && !size->l[0] && !(meter->rules & EXPANDS_BEFORE_CREATE)))) return give_up();
  if (size->l[0] > context->initcode_limit) return halt(context->initcode_limit == ~0u ? OUT_OF_GAS : INITCODE_SIZE);
  i64 cost = GAS_CREATE + (context->initcode_word_gas + (salted ? GAS_KECCAK_WORD : 0)) * words_of(size->l[0]);
  if (f->entry != COME_BACK) {
    if (METERED && salted && meter->rules & EXPANDS_BEFORE_CREATE && !(meter->rules & SETTLES_UNSTARTED)) {
      if (!use_memory(f, offset, size)) return halt(OUT_OF_GAS);
      meter->compute += meter->mark - f->gas; /* counted, whatever becomes of the rest */
      meter->mark = f->gas;
      if (is_over(top_meter())) return give_up();
    }
    if (!charge(f, cost) || !use_memory(f, offset, size)) return halt(OUT_OF_GAS);
    f->entry = COME_BACK;
    context->answered = 0;
  }
  u32 r;
  if (!context->answered) {
    context->account = f->account;
    context->pointer = f->memory + (size->l[0] ? (u32)offset->l[0] : 0);
    context->size = (u32)size->l[0];
    context->asked = salted ? value[-3] : small(0);
    context->code = salted;
    return NEEDS_CREATION; /* the host keeps context.answer and context.code until the frame has begun */
  }
  word address = context->answer, given = *value;
  account* creator = here(f);
  u32 refused = context->depth > DEPTH_LIMIT            ? DEPTH
                : is_less(&creator->balance, &given)    ? BALANCE
                : creator->nonce == 0xffffffffffffffffu ? NONCE_OVERFLOW
                                                        : 0;
  u32 place = account_of(&address);
  if (METERED) {
    i64 price = meter->is_multiplied ? meter->price : 0, compute = meter->compute + meter->mark - f->gas;
    if (price - top_meter()->stipend > f->gas) return halt(OUT_OF_GAS);
    if (compute > top_meter()->compute_cap || compute > meter->compute_limit) { /* before it is asked who is there */
      if (!(meter->rules & SETTLES_UNSTARTED)) return give_up();
      context->answered = 0;
      meter->compute = compute;
      return end_at_limit(f, pay_storage(f, price));
    }
  }
  if ((!refused || (METERED && meter->rules & GROWS_BY_EMPTY_ONLY)) && (r = know(place))) return r;
  int has_storage = !METERED && context->answered & 2; /* the host says so; MegaETH does not ask (EIP-7610) */
  context->answered = 0;
  u32 initcode = context->code;
  int grows = METERED && (!(meter->rules & GROWS_BY_EMPTY_ONLY) || is_dead(account_at(place)));
  if (METERED) {
    if (refused == NONCE_OVERFLOW) return give_up();
    i64 paid = meter->is_multiplied ? pay_storage(f, meter->price) : 0;
    if (paid < 0) return halt(OUT_OF_GAS);
    meter->compute += meter->mark - paid - f->gas;
    if (is_over(top_meter())) return give_up();
    meter->storage += paid;
  }
  i64 gas = most_forwarded(f->gas, f->gas - f->gas / GAS_HELD_BACK);
  f->gas -= gas;
  f->height -= salted ? 4 : 3;
  f->pc++;
  f->entry = f->resume;
  if (!refused) {
    keep_account(f->account, f->undo_at);
    creator->nonce++;
    creator->flags |= EXISTS;
    load_account(place);
    warm_account(place, f->undo_at);
    if (account_at(place)->nonce || has_code(account_at(place)) || has_storage) refused = COLLISION;
  }
  frame* n = push(f, op, gas);
  n->address = n->code_address = address;
  n->account = place;
  n->caller = f->address;
  n->value = given;
  n->is_static = 0;
  set_code_of(n, initcode);
  if (METERED && (r = begin_creation_meter(grows))) return r;
  if (refused) return refuse(n, refused);
  keep_account(place, n->undo_at);
  account* a = account_at(place);
  a->flags |= CREATED | EXISTS;
  a->nonce++;
  a->storage |= WHOLE;
  move_value(f->account, place, &given, n->undo_at);
  if (METERED) {
    update_account();
    if (is_over(top_meter())) return give_up();
  }
  begin_code(n);
  return entered(n);
}

/* Everything goes to the beneficiary; only an account created in this transaction goes itself (EIP-6780). */
static u32 operate_selfdestruct(frame* f) {
  if (METERED) return give_up();
  if (f->is_static) return halt(WRITE_PROTECTION);
  u32 r;
  word to = as_address(top_of(f) - 1);
  u32 place = account_of(&to);
  account *a = account_at(place), *mine = here(f);
  word balance = mine->balance;
  i64 cost = a->flags & WARM ? GAS_SELFDESTRUCT : GAS_SELFDESTRUCT + GAS_COLD_ACCOUNT;
  if (!is_zero(&balance)) {
    if ((r = know(place))) return r;
    if (is_dead(a)) cost += GAS_NEW_ACCOUNT;
  }
  if (f->gas < cost) return halt(OUT_OF_GAS);
  if ((r = know(place))) return r;
  f->gas -= cost;
  warm_account(place, f->undo_at);
  f->height--;
  move_value(f->account, place, &balance, f->undo_at);
  if (mine->flags & CREATED || context->destroys_all) {
    word none = small(0);
    set_balance(f->account, &none, f->undo_at); /* also where it is its own beneficiary: the ether is burnt */
    mine->flags |= DESTROYED;
  }
  context->return_size = 0;
  context->asked = to;
  context->answer = balance;
  context->error = NO_ERROR;
  if (context->tells) {
    f->entry = REFUSED; /* after it has been told */
    f->resume = NO_ERROR;
    return DESTRUCTED;
  }
  return end(f);
}

/* What looks at an account: BALANCE, EXTCODESIZE, EXTCODEHASH, EXTCODECOPY. */
static u32 operate_account(frame* f, u32 op) {
  word* top = top_of(f) - 1;
  word of = as_address(top);
  u32 place = account_of(&of), r;
  account* a = account_at(place);
  open_frame(f);
  toll t = {0, 0, METERED && is_beneficiary(&of)};
  load_account(place);
  i64 cost = a->flags & WARM ? GAS_WARM : GAS_COLD_ACCOUNT;
  if (f->gas < cost) return call_fails(&t, OUT_OF_GAS);
  if ((r = op == 0x3b || op == 0x3c ? know_code(place) : know(place))) return r;
  f->gas -= cost;
  warm_account(place, f->undo_at);
  switch (op) {
    case 0x31: *top = a->flags & EXISTS ? a->balance : small(0); break;
    case 0x3b: *top = small(code_at(a->code)->size); break;
    case 0x3f: *top = is_dead(a) ? small(0) : word_at(a->hash); break;
    case 0x3c:
      if (!charge_words(f, top - 3, 0, GAS_COPY_WORD) || !use_memory(f, top - 1, top - 3)) return call_fails(&t, OUT_OF_GAS);
      if (!is_zero(top - 3))
        copy_padded(f->memory + (u32)top[-1].l[0], top[-3].l[0], code_at(a->code)->at, code_at(a->code)->size, top - 2);
      f->height -= 4;
      break;
  }
  if (t.seen) see(MEGA_BENEFICIARY);
  return close_frame(f, 0, 1);
}

static u32 operate_returndatacopy(frame* f) {
  word *to = top_of(f) - 1, *offset = to - 1, *size = to - 2;
  word end_;
  int over = (int)add_to(&end_, offset, size) || !fits_in_64_bits(&end_) || end_.l[0] > context->return_size;
  if (!charge_words(f, size, GAS_VERY_LOW, GAS_COPY_WORD)) return halt(OUT_OF_GAS);
  if (over) return halt(RETURN_DATA_BOUNDS);
  if (!use_memory(f, to, size)) return halt(OUT_OF_GAS);
  if (!is_zero(size)) copy_bytes((void*)(f->memory + (u32)to->l[0]), (void*)(RETURN_DATA + (u32)offset->l[0]), (u32)size->l[0]);
  f->height -= 3;
  return GO;
}

static u32 operate_blockhash(frame* f) {
  word* top = top_of(f) - 1;
  open_frame(f);
  if (f->gas < 20) return halt(OUT_OF_GAS);
  const word *current = &context->environment[4], reach = small(256);
  word oldest;
  if (subtract_to(&oldest, current, &reach)) oldest = small(0);
  if (!is_less(top, current) || is_less(top, &oldest)) {
    context->answer = small(0);
  } else if (!context->answered) {
    context->asked = *top;
    return NEEDS_BLOCK_HASH;
  }
  context->answered = 0;
  f->gas -= 20;
  if (METERED) { /* where there is no hash only the number is looked at */
    word age;
    int none = subtract_to(&age, current, top) || is_zero(&age) || is_less(&reach, &age);
    see(context->operations[none ? 0x43 : 0x40].looks_at);
  }
  *top = context->answer;
  return close_frame(f, 0, 1);
}

static u32 operate_return(frame* f, u32 op) {
  word *offset = top_of(f) - 1, *size = offset - 1;
  if (!use_memory(f, offset, size)) return halt(OUT_OF_GAS);
  u64 n = size->l[0];
  if (n > MEMORIES - RETURN_DATA) {
    context->too_big = 1;
    return GO;
  }
  if (n) copy_bytes((void*)RETURN_DATA, (void*)(f->memory + (u32)offset->l[0]), (u32)n);
  context->return_size = (u32)n;
  context->error = op == 0xfd ? REVERTED : NO_ERROR;
  return end(f);
}

/* The operations that reach beyond the frame. Gas, height and pc stand in the frame; pc is the operation's own. */
static u32 operate(frame* f, u32 op) {
  u32 r = GO;
  word* top = top_of(f);
  if (METERED && !meter->settled) meter->before = f->gas;
  switch (op) {
    case 0x00:
      context->error = NO_ERROR;
      context->return_size = 0;
      return end(f);
    case 0x54: r = operate_sload(f); break;
    case 0x55: r = operate_sstore(f); break;
    case 0x31: case 0x3b: case 0x3c: case 0x3f: r = operate_account(f, op); break;
    case 0x3e: r = operate_returndatacopy(f); break;
    case 0x40: r = operate_blockhash(f); break;
    case 0x47:
      open_frame(f);
      if (!charge(f, 5)) return halt(OUT_OF_GAS);
      *top = here(f)->balance;
      f->height++;
      if (METERED && is_beneficiary(&f->address)) see(MEGA_BENEFICIARY);
      r = close_frame(f, 0, 1);
      break;
    case 0x49:
      open_frame(f);
      if (!charge(f, GAS_VERY_LOW)) return halt(OUT_OF_GAS);
      top--;
      *top = fits_in_64_bits(top) && top->l[0] < context->blob_count ? ((word*)BLOBS)[top->l[0]] : small(0);
      if (METERED) see(context->operations[op].looks_at);
      r = close_frame(f, 0, 1);
      break;
#if METERED
    case 0x41 ... 0x45: case 0x48: case 0x4a: /* the block: volatile data, which others only read */
      open_frame(f);
      if (!charge(f, GAS_BASE)) return halt(OUT_OF_GAS);
      *top = context->environment[op < 0x46 ? op - 0x3f : op == 0x48 ? 8 : 9];
      f->height++;
      see(context->operations[op].looks_at);
      r = close_frame(f, 0, 1);
      break;
    case 0x5a:
      if (!charge(f, GAS_BASE)) return halt(OUT_OF_GAS);
      *top = small((u64)(f->gas + meter->hidden));
      f->height++;
      break;
#endif
    case 0x5c: {
      if (!charge(f, GAS_TRANSIENT)) return halt(OUT_OF_GAS);
      const index_entry* e = slot_index_of(f->account | TRANSIENT, top - 1);
      const slot* s = slot_at(e->place);
      top[-1] = e->epoch == context->epoch && s->generation == context->generation ? s->current : small(0);
      break;
    }
    case 0x5d: {
      if (f->is_static) return halt(WRITE_PROTECTION);
      if (!charge(f, GAS_TRANSIENT)) return halt(OUT_OF_GAS);
      u32 place = slot_of(f->account | TRANSIENT, top - 1);
      keep_slot(place, f->undo_at);
      slot_at(place)->current = top[-2];
      f->height -= 2;
      break;
    }
    case 0xa0: case 0xa1: case 0xa2: case 0xa3: case 0xa4:
      r = operate_log(f, op - 0xa0);
      if (!r && context->tells) {
        f->pc++;
        f->entry = f->resume;
        r = LOGGED;
      }
      break;
    case 0xf0: case 0xf5: r = operate_create(f, op); break;
    case 0xf1: case 0xf2: case 0xf4: case 0xfa: r = operate_call(f, op); break;
    case 0xf3: case 0xfd: r = operate_return(f, op); break;
    case 0xff: r = operate_selfdestruct(f); break;
    default: context->error_a = op; r = halt(BAD_OPCODE);
  }
  return unlikely(context->too_big) ? TOO_BIG : r;
}

/* With what its frame has been given of its gas an operation runs out: a limit may be crossed. It is done alone, with all
 * of it; where it succeeds, that crosses the limit, and where not, it fails as it would anywhere. */
static u32 end_alone(frame* f) {
  meter->alone = 0;
  meter->compute += meter->mark - f->gas;
  return end_at_limit(f, 0);
}
static u32 interpret(frame* f);
static u32 run_alone(frame* f) {
  u8 *bytes = (u8*)f->code_at, *kinds = (u8*)code_at(f->code)->kinds;
  u32 op = bytes[f->pc], next = f->pc + (op >= 0x60 && op <= 0x7f ? op - 0x5e : 1);
  if (context->tells) return give_up();
  f->gas = meter->before;
  open_frame(f);
  context->error = NO_ERROR;
  if (context->operations[op].kind >= OUTSIDE) {
    if (op != 0x54 && op != 0x5a && op != 0x5c && op != 0x5d && op != 0x3e) return give_up();
    meter->alone = 1;
    u32 r = operate(f, op);
    return r == GO ? end_alone(f) : r;
  }
  if (op == 0x5b || op == 0x56 || op == 0x57) {
    if (!charge(f, context->operations[op].gas)) return halt(OUT_OF_GAS);
    const word* to = top_of(f) - 1;
    if (op == 0x5b || (op == 0x57 && is_zero(to - 1))) return end_alone(f);
    if (!fits_in_64_bits(to) || to->l[0] >= f->code_size || !(kinds[to->l[0]] & JUMP_HERE)) return halt(BAD_JUMP);
    return end_alone(f);
  }
  u8 after = bytes[next];
  bytes[next] = 0x0c; /* which is no operation */
  f->entry = f->resume = INTERPRET;
  u32 at = f->pc, r = interpret(f);
  bytes[next] = after;
  if (r == HALT && context->error == BAD_OPCODE && f->pc == next && at != next) return end_alone(f);
  return r == HALT || r == TOO_BIG ? r : give_up();
}
