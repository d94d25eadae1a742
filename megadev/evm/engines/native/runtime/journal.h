/* Accounts and slots of one transaction, and how to undo what a frame has done to them.
 *
 * Tables are hash tables that a new epoch empties at once. What they hold of the state outlives the transaction, whose
 * own part (what is warm, what was written) a new generation drops: an entry that is met for the first time in it begins
 * with what the state says. The host brings what is known up to date before each transaction (state_changes), or begins
 * an epoch.
 *
 * A record of what something was is made once for every checkpoint under which it changes, however often it does. What
 * was read stays known after a revert. */
#pragma once
#include "machine.h"

static void begin_account(u32 place) {
  account* a = account_at(place);
  const word* address = &a->address;
  a->generation = context->generation;
  a->is_known = a->undo = a->is_listed = 0;
  a->storage = a->storage_in_state;
  a->code = UNKNOWN_CODE;
  a->flags = 0;
  if (!(address->l[1] | address->l[2])) {
    if (address->l[0] < sizeof(context->precompiles) && context->precompiles[address->l[0]]) a->flags = WARM | PRECOMPILE | (METERED ? PREWARMED : 0);
  } else if (address->l[0] == 0x736f6c652e6c6f67 && address->l[1] == 0x636f6e && !address->l[2]) {
    a->flags = CONSOLE; /* "console.log": Hardhat's */
  }
}
static u32 new_account(index_entry* e, const word* address) {
  u32 place = context->account_count;
  if (place < MOST_ACCOUNTS) {
    context->account_count++;
    *e = (index_entry){context->epoch, place};
  } else {
    context->too_big = 1; /* whatever this place holds: the run is given up */
  }
  account* a = account_at(place);
  a->address = *address;
  a->in_state = a->storage_in_state = a->incarnation = 0;
  begin_account(place);
  return place;
}
/* The account's place; made where there is none, unknown and cold. */
static inline u32 account_of(const word* address) {
  u32 h = (u32)((address->l[0] * 0x9e3779b97f4a7c15ull ^ address->l[1] * 0xc2b2ae3d27d4eb4full ^ address->l[2]) >> 40);
  for (;; h++) {
    index_entry* e = account_index_at(h);
    if (e->epoch != context->epoch) return new_account(e, address);
    account* a = account_at(e->place);
    if (!is_equal(&a->address, address)) continue;
    if (a->generation != context->generation) begin_account(e->place);
    return e->place;
  }
}
static void begin_slot(u32 place) {
  slot* s = slot_at(place);
  s->generation = context->generation;
  s->undo = s->flags = 0;
  if (s->account & TRANSIENT) {
    s->state = SLOT_KNOWN;
    s->current = small(0);
    return;
  }
  const account* a = account_at(s->account);
  u32 in_state = a->flags & (CREATED | WRITTEN_SLOTS) ? 0 : SLOT_IN_STATE;
  if (s->state & in_state && s->incarnation == a->incarnation) {
    s->state = SLOT_KNOWN | SLOT_IN_STATE;
    s->current = s->original;
    return;
  }
  s->incarnation = a->incarnation;
  if (a->storage & WHOLE) {
    s->state = SLOT_KNOWN | (a->storage_in_state & WHOLE ? in_state : 0);
    s->current = s->original = small(0);
  } else {
    s->state = 0;
  }
}
static u32 new_slot(index_entry* e, u32 owner, const word* key) {
  u32 place = context->slot_count;
  if (place < MOST_SLOTS) {
    context->slot_count++;
    *e = (index_entry){context->epoch, place};
  } else {
    context->too_big = 1;
  }
  slot* s = slot_at(place);
  s->key = *key;
  s->account = owner;
  s->state = 0;
  begin_slot(place);
  return place;
}
/* Where the index says where the slot is, or would. */
static inline index_entry* slot_index_of(u32 owner, const word* key) {
  u64 h = (key->l[0] * 0x9e3779b97f4a7c15ull ^ key->l[1] * 0xc2b2ae3d27d4eb4full ^ key->l[2] * 0x165667b19e3779f9ull ^
           (key->l[3] + owner) * 0x27d4eb2f165667c5ull) >>
          40;
  for (;; h++) {
    index_entry* e = slot_index_at((u32)h);
    if (e->epoch != context->epoch) return e;
    const slot* s = slot_at(e->place);
    if (s->account == owner && is_equal(&s->key, key)) return e;
  }
}
/* The slot's place; made where there is none, unknown and cold. */
static inline u32 slot_of(u32 owner, const word* key) {
  index_entry* e = slot_index_of(owner, key);
  if (e->epoch != context->epoch) return new_slot(e, owner, key);
  if (slot_at(e->place)->generation != context->generation) begin_slot(e->place);
  return e->place;
}

/* The slot is among those that were read or written, also if the frame reverts. */
static inline void access_slot(u32 place) {
  slot* s = slot_at(place);
  if (s->state & SLOT_ACCESSED) return;
  s->state |= SLOT_ACCESSED;
  ((u32*)ACCESSED)[context->accessed_count++] = place;
}

static inline undo_record* record(u32 is_account, u32 place, u32* last, u32 checkpoint) {
  if (*last > checkpoint) return 0;
  u32 i = context->undo_count;
  if (i >= MOST_UNDO) {
    context->too_big = 1;
    return 0;
  }
  context->undo_count = i + 1;
  undo_record* r = undo_at(i);
  r->is_account = is_account;
  r->place = place;
  r->undo = *last;
  *last = i + 1;
  return r;
}
/* To be called before anything of the account (but what it is read as) changes under this checkpoint. */
static inline void keep_account(u32 place, u32 checkpoint) {
  account* a = account_at(place);
  undo_record* r = record(1, place, &a->undo, checkpoint);
  if (!r) return;
  copy_bytes(r->state, &a->nonce, ACCOUNT_STATE_SIZE);
  if (!a->is_listed) {
    a->is_listed = 1;
    ((u32*)CHANGED)[context->changed_count++] = place;
  }
}
static inline void keep_slot(u32 place, u32 checkpoint) {
  slot* s = slot_at(place);
  undo_record* r = record(0, place, &s->undo, checkpoint);
  if (r) {
    r->flags = s->flags;
    copy_bytes(r->state, &s->current, 32);
  }
}
static void undo_to(u32 checkpoint) {
  while (context->undo_count > checkpoint) {
    undo_record* r = undo_at(--context->undo_count);
    if (r->is_account) {
      account* a = account_at(r->place);
      u32 loaded = METERED ? ~a->flags & PREWARMED : 0; /* what was loaded stays so */
      copy_bytes(&a->nonce, r->state, ACCOUNT_STATE_SIZE);
      a->flags &= ~loaded;
      a->undo = r->undo;
    } else {
      slot* s = slot_at(r->place);
      s->flags = r->flags;
      s->undo = r->undo;
      copy_bytes(&s->current, r->state, 32);
    }
  }
}

static inline int has_code(const account* a) {
  static const u8 empty[32] = {0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
                               0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
                               0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70};
  return __builtin_memcmp(a->hash, empty, 32) != 0;
}
static inline int is_empty(const account* a) { return !a->nonce && is_zero(&a->balance) && !has_code(a); }
/* Does not exist or is empty (EIP-161). */
static inline int is_dead(const account* a) { return !(a->flags & EXISTS) || is_empty(a); }

static inline void set_balance(u32 place, const word* balance, u32 checkpoint) {
  keep_account(place, checkpoint);
  account* a = account_at(place);
  a->balance = *balance;
  a->flags |= EXISTS;
}
static inline void touch(u32 place, u32 checkpoint) {
  account* a = account_at(place);
  if ((a->flags & EXISTS) && !(a->flags & TOUCHED) && is_empty(a)) {
    keep_account(place, checkpoint);
    a->flags |= TOUCHED;
  }
}
/* The sender has the value: that was checked. Both are known. */
static inline void move_value(u32 sender, u32 to, const word* value, u32 checkpoint) {
  if (is_zero(value)) {
    touch(to, checkpoint);
    return;
  }
  word balance;
  subtract_to(&balance, &account_at(sender)->balance, value);
  set_balance(sender, &balance, checkpoint);
  if (add_to(&balance, &account_at(to)->balance, value)) balance = (word){{~0ull, ~0ull, ~0ull, ~0ull}};
  set_balance(to, &balance, checkpoint);
}
static inline void warm_account(u32 place, u32 checkpoint) {
  account* a = account_at(place);
  if (!(a->flags & WARM)) {
    keep_account(place, checkpoint);
    a->flags |= WARM;
  }
}
static inline void warm_slot(u32 place, u32 checkpoint) {
  slot* s = slot_at(place);
  if (!(s->flags & WARM)) {
    keep_slot(place, checkpoint);
    s->flags |= WARM;
  }
}

/* What the host is told at the end, where the frames' memories were: the addresses of accounts that were looked at
 * without its being asked, then of each slot that was read or written its owner, key, word before and word now; those
 * that hold another word come first. */
typedef struct {
  word owner;
  word key;
  word before;
  word now;
} reported_slot;
static void report(void) {
  /* Warming an account is undone like a change, but is none. */
  u32* changed = (u32*)CHANGED;
  u32 count = 0;
  for (u32 i = 0; i < context->changed_count; i++) {
    const account* a = account_at(changed[i]);
    u32 told = a->flags & (WRITTEN | CREATED | DESTROYED | TOUCHED);
    u32 same = a->in_state && !((a->flags ^ a->before.flags) & EXISTS) &&
               !__builtin_memcmp(&a->now, &a->before, __builtin_offsetof(account_state, code));
    if (told || !same) changed[count++] = changed[i];
  }
  context->changed_count = count;
  word* w = (word*)MEMORIES;
  for (u32 i = 0; i < context->looked_at_count; i++) *w++ = account_at(((u32*)LOOKED_AT)[i])->address;
  reported_slot* to = (reported_slot*)w;
  for (u32 unchanged = 0; unchanged < 2; unchanged++) {
    for (u32 i = 0; i < context->accessed_count; i++) {
      const slot* s = slot_at(((u32*)ACCESSED)[i]);
      if ((u32)is_equal(&s->current, &s->original) != unchanged) continue;
      *to++ = (reported_slot){account_at(s->account)->address, s->key, s->original, s->current};
    }
    if (!unchanged) context->reported_changes = (u32)(to - (reported_slot*)w);
  }
  context->reported_slots = context->accessed_count;
}
_Static_assert(MEMORIES + ACCOUNT_PLACES * 32 + MOST_SLOTS * sizeof(reported_slot) <= 243269632, "report");
