/* Accounts and slots of one transaction, and how to undo what a frame has done to them.
 *
 * Tables are hash tables that a new generation empties at once. A record of what something was is made once for every
 * checkpoint under which it changes, however often it does. What was read stays known after a revert. */
#pragma once
#include "machine.h"

static inline u32 place_of_account(const word* a) {
  u32 h = (u32)((a->l[0] * 0x9e3779b97f4a7c15ull ^ a->l[1] * 0xc2b2ae3d27d4eb4full ^ a->l[2]) >> 40);
  for (;; h++) {
    u32 i = h & (ACCOUNT_PLACES - 1);
    if (account_at(i)->generation != context->generation || is_equal(&account_at(i)->address, a)) return i;
  }
}
/* The account's place; made where there is none, unknown and cold. */
static inline u32 account_of(const word* address) {
  u32 i = place_of_account(address);
  account* a = account_at(i);
  if (a->generation != context->generation) {
    if (++context->account_count > MOST_ACCOUNTS) context->too_big = 1;
    a->address = *address;
    a->generation = context->generation;
    a->is_known = a->undo = a->storage = a->is_listed = 0;
    a->code = UNKNOWN_CODE;
    a->flags = 0;
    if (!(address->l[1] | address->l[2])) {
      if (address->l[0] < sizeof(context->precompiles) && context->precompiles[address->l[0]]) a->flags = WARM | PRECOMPILE | (METERED ? PREWARMED : 0);
    } else if (address->l[0] == 0x736f6c652e6c6f67 && address->l[1] == 0x636f6e && !address->l[2]) {
      a->flags = CONSOLE; /* "console.log": Hardhat's */
    }
  }
  return i;
}
static inline u32 place_of_slot(u32 owner, const word* key) {
  u64 h = (key->l[0] * 0x9e3779b97f4a7c15ull ^ key->l[1] * 0xc2b2ae3d27d4eb4full ^ key->l[2] * 0x165667b19e3779f9ull ^
           (key->l[3] + owner) * 0x27d4eb2f165667c5ull) >>
          40;
  for (;; h++) {
    u32 i = (u32)h & (SLOT_PLACES - 1);
    slot* s = slot_at(i);
    if (s->generation != context->generation || (s->account == owner && is_equal(&s->key, key))) return i;
  }
}
/* The slot's place; made where there is none, unknown and cold. */
static inline u32 slot_of(u32 owner, const word* key) {
  u32 i = place_of_slot(owner, key);
  slot* s = slot_at(i);
  if (s->generation != context->generation) {
    if (++context->slot_count > MOST_SLOTS) context->too_big = 1;
    s->key = *key;
    s->generation = context->generation;
    s->account = owner;
    s->undo = s->state = s->flags = 0;
    if (owner & TRANSIENT) {
      s->state = SLOT_KNOWN;
      s->current = small(0);
    } else if (account_at(owner)->storage & WHOLE) {
      s->state = SLOT_KNOWN;
      s->current = s->original = small(0);
    }
  }
  return i;
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
