/* MegaETH's second gas and its meters, in a runtime built with METERED: see mega_frames.py and mega/meter.py, which say
 * the same in Python.
 *
 * Compute gas is counted late: what the frame at work has had less of since its mark is compute, until an operation
 * needs to know (open_frame). A frame runs with what the limits leave of its gas (clamp), the rest is hidden: so no
 * operation has to look at a limit, and running out with something hidden is to cross one.
 *
 * Wherever something happens that is rare and intricate the run is given up, and made in Python. */
#pragma once
#include "journal.h"

#define NO_LIMIT (1ll << 62)

enum { METER = 0xb0000 };

/* What the frame's totals were when it began, and how far they may go in it. */
typedef struct {
  i64 data_start;
  i64 kv_start;
  i64 growth_start;
  i64 data_cap;
  i64 kv_cap;
  i64 growth_cap;
  i64 compute_cap;
  i64 compute_budget;
  i64 stipend; /* storage gas it need not pay */
  i64 ceiling; /* the most gas it gives back */
  u32 counted; /* the update of its own account */
  u32 charged_parent; /* it was this frame that had its parent's counted */
} frame_meter;
_Static_assert(sizeof(frame_meter) == 88, "frame meter");

typedef struct {
  i64 data_limit; /* of a spec, as the host writes it once */
  i64 kv_limit;
  i64 growth_limit;
  i64 tx_compute;
  i64 volatile_compute;
  i64 code_byte;
  i64 topic;
  i64 log_byte;
  i64 empty_log_size;
  u32 rules;
  u32 quirky; /* calls that find cold what was only declared warm: bit 1 is CALL's */
  u32 is_exempt;
  u32 unused;
  i64 compute; /* of a transaction: what it has used */
  i64 data;
  i64 kv;
  i64 growth;
  i64 storage;
  i64 compute_limit; /* lowered by what was looked at */
  i64 detained;
  i64 detention_cap;
  u32 seen;
  u32 is_multiplied; /* storage gas depends on how full the state is */
  i64 price;  /* the host's answer */
  i64 hidden; /* gas kept from the frame at work */
  i64 mark;   /* its gas when compute was counted last */
  i64 before; /* its gas before the operation that fails */
  u32 settled; /* an operation that counts is at work */
  u32 gave_up;
  i64 rescued; /* gas of all frames but the first, where a limit has ended everything */
  u32 inside;  /* compiled code tries the operation */
  u32 crossed; /* which has crossed a limit, and is done */
  u32 alone;   /* the operation is done with gas that was hidden, and is the frame's last */
  u32 limited; /* a frame's own limit has ended it */
  u32 over;    /* the frame on top is over a limit by what its callee has used */
  u32 unused_;
  frame_meter frames[1030];
} meter_t;
_Static_assert(__builtin_offsetof(meter_t, compute) == 88 && __builtin_offsetof(meter_t, price) == 160 &&
                   __builtin_offsetof(meter_t, frames) == 232 && METER + sizeof(meter_t) <= ACCOUNTS, "meter");

/* meter.rules: see MegaRules */
enum {
  MARKS_COUNTED = 1, KEEPS_CREATOR = 2, COUNTS_SELF_TRANSFER_ONCE = 4, GROWS_BY_EMPTY_ONLY = 8,
  DELEGATES_ARE_VOLATILE = 16, COUNTS_STIPEND = 32, INFLATES = 64, QUIRKY_DELEGATES = 128, SEES_THROUGH = 256,
  SKIPS_DEEP = 512, SETTLES_UNSTARTED = 1024, EXPANDS_BEFORE_CREATE = 2048,
};

#define meter ((meter_t*)METER)
static inline frame_meter* frame_meter_at(u32 depth) { return meter->frames + depth; }
static inline frame_meter* top_meter(void) { return frame_meter_at(context->depth - 1); }

static u32 end_at_limit(frame* f, i64 paid);

static u32 give_up(void) {
  meter->gave_up = 1;
  context->too_big = 1;
  return TOO_BIG;
}

/* From here on the frame has all of its gas, and what it has used is counted. */
static inline void open_frame(frame* f) {
  if (!METERED || meter->settled) return;
  f->gas += meter->hidden;
  context->pause_at += meter->hidden;
  meter->compute += meter->mark - f->gas;
  meter->mark = f->gas;
  meter->hidden = 0;
  meter->settled = 1;
}
/* The frame gets what its budgets leave. */
static inline void clamp(frame* f) {
  if (!METERED) return;
  i64 cap = top_meter()->compute_cap, room = (cap < meter->compute_limit ? cap : meter->compute_limit) - meter->compute;
  meter->mark = f->gas;
  meter->hidden = 0;
  meter->settled = 0;
  if (f->gas > room) {
    meter->hidden = f->gas - room;
    f->gas = room;
    context->pause_at -= meter->hidden;
  }
}
static inline int is_over(const frame_meter* m) {
  return meter->data > m->data_cap || meter->kv > m->kv_cap || meter->compute > m->compute_cap ||
         meter->compute > meter->compute_limit || meter->growth > m->growth_cap || meter->data > meter->data_limit ||
         meter->kv > meter->kv_limit;
}
/* Volatile data was looked at; detain follows when the operation is through. */
static inline void see(u32 what) {
  meter->seen |= what;
  if (meter->volatile_compute < meter->detention_cap) meter->detention_cap = meter->volatile_compute;
}
static inline void detain(void) {
  if (!meter->seen || meter->is_exempt || meter->detention_cap == NO_LIMIT) return;
  i64 limit = meter->compute + meter->detention_cap;
  if (limit < meter->detained) {
    meter->detained = limit;
    meter->compute_limit = limit < meter->tx_compute ? limit : meter->tx_compute;
  }
}
/* An operation is through, having paid storage gas. */
static inline u32 close_frame(frame* f, i64 paid, int looked) {
  if (!METERED) return GO;
  meter->compute += meter->mark - paid - f->gas;
  if (unlikely(is_over(top_meter()))) {
    if (looked) return give_up();
    return end_at_limit(f, paid);
  }
  meter->storage += paid;
  if (looked) detain();
  clamp(f);
  return GO;
}
/* Storage gas, from the frame's allowance first. What came from its gas, or below 0 where it does not have it. */
static inline i64 pay_storage(frame* f, i64 amount) {
  frame_meter* m = top_meter();
  i64 given = m->stipend < amount ? m->stipend : amount, paid = amount - given;
  if (paid > f->gas) return -1;
  m->stipend -= given;
  f->gas -= paid;
  return paid;
}
/* Of so much gas, how much can be passed on. */
static inline i64 most_forwarded(i64 gas, i64 wanted) {
  if (!METERED) return wanted;
  i64 most = gas - (i64)((u64)gas * (MEGA_WHOLE - MEGA_SHARE) / MEGA_WHOLE);
  return wanted < most ? wanted : most;
}
static inline void update_account(void) {
  meter->data += MEGA_ACCOUNT_SIZE;
  meter->kv++;
}
static inline i64 shared(i64 cap, i64 start, i64 used) {
  i64 left = cap - (used > start ? used : start);
  if (left <= 0) return 0;
  return left / MEGA_WHOLE * MEGA_SHARE + left % MEGA_WHOLE * MEGA_SHARE / MEGA_WHOLE;
}
/* A frame has been put on top: its share of what its parent may still use. */
static inline frame_meter* begin_meter(void) {
  frame_meter *n = top_meter(), *p = n - 1;
  n->data_start = meter->data;
  n->kv_start = meter->kv;
  n->growth_start = meter->growth;
  n->stipend = 0;
  n->ceiling = NO_LIMIT;
  n->counted = n->charged_parent = 0;
  if (meter->is_exempt) {
    n->data_cap = n->kv_cap = n->growth_cap = n->compute_cap = n->compute_budget = NO_LIMIT;
  } else {
    n->data_cap = meter->data + shared(p->data_cap, p->data_start, meter->data);
    n->kv_cap = meter->kv + shared(p->kv_cap, p->kv_start, meter->kv);
    n->growth_cap = meter->growth + shared(p->growth_cap, p->growth_start, meter->growth);
    n->compute_budget = shared(p->compute_cap, meter->compute, meter->compute);
    n->compute_cap = meter->compute + n->compute_budget;
  }
  return n;
}
/* What a call brings: its allowance, and what a transfer counts. grows: the value makes its receiver. */
static inline u32 begin_call_meter(frame* n, int moves, int grows) {
  if (!METERED) return GO;
  frame_meter *m = begin_meter(), *p = m - 1;
  if (!moves) return GO;
  if (meter->rules & INFLATES) {
    m->ceiling = n->gas;
    n->gas += MEGA_STIPEND;
    if (!meter->is_exempt && m->compute_cap - meter->compute > m->ceiling) m->compute_cap = meter->compute + m->ceiling;
  } else {
    m->stipend = MEGA_STIPEND;
  }
  if (context->depth > DEPTH_LIMIT + 1) return n->kind == 0xf1 && meter->rules & SKIPS_DEEP ? GO : give_up();
  if (!p->counted) {
    if (meter->rules & MARKS_COUNTED) p->counted = m->charged_parent = 1;
    update_account();
  }
  m->counted = 1;
  if (!(meter->rules & COUNTS_SELF_TRANSFER_ONCE && is_equal(&n->caller, &n->address))) update_account();
  meter->growth += grows;
  return is_over(m) ? give_up() : GO;
}
static inline u32 begin_creation_meter(int grows) {
  if (!METERED) return GO;
  frame_meter *m = begin_meter(), *p = m - 1;
  m->counted = 1;
  if (!p->counted) {
    int keeps = meter->rules & KEEPS_CREATOR;
    if (meter->rules & MARKS_COUNTED) {
      p->counted = 1;
      m->charged_parent = !keeps;
    }
    update_account();
    if (keeps) { /* it is the parent's, and stays when the creation fails */
      m->data_start += MEGA_ACCOUNT_SIZE;
      m->data_cap += MEGA_ACCOUNT_SIZE;
      m->kv_start++;
      m->kv_cap++;
    }
  }
  meter->growth += grows;
  return is_over(m) ? give_up() : GO;
}
/* The frame ends: its compute is counted, up to what failed; what it used is not used where it failed. */
static inline void end_meter(frame* f, u32 error) {
  if (!METERED) return;
  if (!meter->settled) {
    if (error && error != REVERTED) {
      i64 gas = meter->before + meter->hidden;
      meter->compute += meter->mark - gas;
      f->gas += meter->hidden;
      context->pause_at += meter->hidden;
      meter->mark = f->gas;
      meter->hidden = 0;
      meter->settled = 1;
    } else {
      open_frame(f);
    }
  }
  if (error && context->depth > 1) { /* of the first frame it is the host's: a creation's output is still to be counted */
    frame_meter* m = top_meter();
    meter->data = m->data_start;
    meter->kv = m->kv_start;
    meter->growth = m->growth_start;
    if (m->charged_parent) (m - 1)->counted = 0;
  }
}
/* Its caller, which is on top now, goes on. */
static inline void resume_meter(frame* p) {
  if (!METERED) return;
  if (unlikely(is_over(top_meter()))) meter->over = 1;
  else clamp(p);
}

/* What was only declared warm is not told apart any more. */
static inline void load_account(u32 place) {
  if (METERED) account_at(place)->flags &= ~PREWARMED;
}
/* And is cold when it is first called. */
static inline void cool(u32 place) {
  account* a = account_at(place);
  if (a->flags & PREWARMED) a->flags &= ~(PREWARMED | WARM);
}
static inline int is_beneficiary(const word* address) { return is_equal(address, &context->environment[2]); }
/* The engine answers for it, or it is the oracle: Python's. */
static inline int is_system(const word* address) {
  return address->l[2] == MEGA_SYSTEM_HIGH && !address->l[1] && address->l[0] < 32 && MEGA_WATCHED >> address->l[0] & 1;
}

/* Compiled code tries an operation; answers what it has to know where that is to be done from outside. */
static inline i64 begin_inside(void) {
  if (!METERED) return 0;
  meter->inside = 1;
  return top_meter()->stipend;
}
static inline i64 end_inside(const frame* f) {
  if (METERED) meter->inside = 0;
  return f->gas;
}
static inline i64 leave_inside(frame* f, i64 stipend) {
  if (!METERED) return -1;
  meter->inside = 0;
  if (meter->crossed) return -1; /* it is done */
  top_meter()->stipend = stipend;
  if (meter->settled) { /* as before: what had been used until then is counted, and the frame has what is left */
    f->gas = meter->mark;
    clamp(f);
  }
  return -1;
}
