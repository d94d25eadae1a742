/* Where everything lies. The host (frames.py, memory.py) writes and reads these structures at their addresses; linear
 * memory is zero at first, and its size grows with the frames' memories, which come last. */
#pragma once
#include "words.h"

#ifndef METERED
#define METERED 0 /* MegaETH's gas and meters: see mega.h */
#endif

enum {
  CONTEXT = 0x20000, /* below: the stack of C, then its data */
  FRAMES = 0x40000,
  BLOBS = 0x90000,
  ACCOUNTS = 0x100000,
  CHANGED = 0xa0000, /* places of the accounts that were changed, u32 each */
  LOOKED_AT = 0xa8000, /* places of the accounts that were looked at, u32 each */
  ACCOUNT_INDEX = 0x370000,
  ACCESSED = 0x380000, /* places of the slots that were read or written, u32 each */
  CODES = 0x400000,
  LISTS = 0x500000,
  LOGS = 0x600000,
  SLOTS = 0x1600000,
  SLOT_INDEX = 0x2300000,
  UNDO = 0x2600000,
  STACKS = 0x5600000,
  CODE_BYTES = 0x7800000,
  RETURN_DATA = 0xb800000,
  MEMORIES = 0xd800000,

  ACCOUNT_PLACES = 8192,
  SLOT_PLACES = 131072,
  MOST_ACCOUNTS = ACCOUNT_PLACES / 4 * 3,
  MOST_SLOTS = SLOT_PLACES / 4 * 3,
  DEPTH_LIMIT = 1024,
  STACK_LIMIT = 1024,
  MEMORY_LIMIT = 1 << 30,
};

/* What drive() answers. The host does what is asked and calls drive() again; what ends a run is FINISHED. */
enum {
  GO,          /* inside only: the operation is done */
  SWITCH,      /* inside only: another frame is on top */
  HALT,        /* inside only: the frame ends exceptionally, context.error says why */
  FINISHED,    /* the outermost frame has ended */
  NEEDS_ACCOUNT = 16,
  NEEDS_CODE,
  NEEDS_SLOT,
  NEEDS_BLOCK_HASH,
  NEEDS_CREATION,   /* the new contract's address, and its creation code among the codes */
  NEEDS_NEW_CODE,   /* the returned code among the codes */
  NEEDS_PRECOMPILE,
  NEEDS_PRINT,
  ENTERED,     /* a frame has begun (only told where wanted) */
  LEFT,        /* a frame has ended */
  LOGGED,
  DESTRUCTED,
  PAUSED,      /* gas has fallen to pause_at */
  HOT,         /* context.code has been interpreted for long */
  TOO_BIG,     /* a table or the memory is full: this run must be made elsewhere */
  NEEDS_PRICE, /* storage gas of context.account, or of its slot where context.size is not NO_SLOT (MegaETH) */
};

/* How a frame can end other than well. The first are the host's words; see frames.py. */
enum {
  NO_ERROR,
  REVERTED,
  OUT_OF_GAS,
  UNDERFLOW,
  OVERFLOW,
  BAD_JUMP,
  BAD_OPCODE,
  WRITE_PROTECTION,
  RETURN_DATA_BOUNDS,
  INITCODE_SIZE,
  CODE_BEGINS_WITH_EF,
  CODE_SIZE,
  CODE_STORAGE_GAS,
  PRECOMPILE_FAILED,
  DEPTH, /* from here on: the call may not start and keeps its gas */
  BALANCE,
  NONCE_OVERFLOW,
  COLLISION, /* it does not keep it */
  LIMIT,     /* of the whole transaction: everything ends (MegaETH) */
};

enum {
  EXISTS = 1, WARM = 2, CREATED = 4, DESTROYED = 8, TOUCHED = 16, PRECOMPILE = 32, CONSOLE = 64,
  WRITTEN = 128, /* the host wrote to it before the first frame: ask what it is now */
  WRITTEN_SLOTS = 256, /* and to its slots */
};
/* Of an account that is warm from the start and that nothing has loaded yet; a mark that says it is none (MegaETH). */
enum { PREWARMED = 1 << 9, LOADED = 1 << 10 };
enum { SLOT_KNOWN = 1, SLOT_ACCESSED = 2, SLOT_IN_STATE = 4 /* what original says holds before other transactions too */ };
enum { WHOLE = 1 };
enum { UNKNOWN_CODE = -1, EMPTY_CODE = 0 };
enum { TRANSIENT = 1u << 31, NO_SLOT = ~0u };
/* Instead of a compiled version's number: where a frame goes on. */
enum { INTERPRET = -1, OPERATE = -2, AT_HOST = -3, REFUSED = -4, STORE_CODE = -5, COME_BACK = -6 };

typedef struct {
  u16 gas;  /* charged before the operation; 0 where it charges itself */
  u8 takes;
  u8 kind;  /* see OPERATION_KIND in frames.py */
  u16 room; /* highest stack on which it may run, less what it takes */
  u16 looks_at; /* volatile data (MegaETH) */
} operation;
enum { GAS_FIRST = 1, STACK_FIRST = 2, OUTSIDE = 3, MISSING = 4 };

typedef struct {
  word asked;
  word answer;
  i64 refund;
  i64 gas;
  i64 pause_at;
  u64 generation;
  u32 depth;
  u32 account;
  u32 pointer;
  u32 size;
  u32 return_size;
  u32 undo_count;
  u32 logs_size;
  u32 error;
  u32 error_a;
  u32 error_b;
  u32 slot_count;
  u32 account_count;
  u32 tells;
  u32 code;
  u32 answered;
  u32 initcode_limit;
  u32 code_limit;
  u32 destroys_all;
  u32 initcode_word_gas;
  u32 blob_count;
  u32 too_big;
  u32 heat_limit;
  u32 accessed_count;
  u32 delegates; /* EIP-7702 holds */
  word environment[16];
  operation operations[256];
  u8 precompiles[1024]; /* of each small address whether it is one */
  u32 changed_count;
  u32 looked_at_count;
  u32 reported_slots; /* in the report, see report() */
  u32 reported_changes; /* so many of them hold another word */
  u32 epoch; /* of the state that is read: another one empties the tables */
  u32 incarnation;
} context_t;
_Static_assert(__builtin_offsetof(context_t, environment) == 192 && sizeof(context_t) == 192 + 512 + 2048 + 1024 + 24, "context");

typedef struct {
  i64 gas;
  i64 memory_size;
  i64 data_size;
  u32 pc;
  i32 entry;
  u32 height;
  u32 stack;
  u32 memory;
  u32 data;
  u32 code;
  u32 code_at;
  u32 code_size;
  u32 account;
  u32 out_at;
  u32 out_size;
  u32 undo_at;
  u32 logs_at;
  i64 refund_at;
  u32 is_static;
  u32 kind;
  i64 gas_at;
  i32 resume;
  u32 is_delegated;
  word address;
  word caller;
  word value;
  word code_address;
} frame;
_Static_assert(sizeof(frame) == 240, "frame");

typedef struct {
  u64 nonce;
  word balance;
  u8 hash[32];
  i32 code;
  u32 flags;
} account_state;
/* An account keeps its place for an epoch. What has been asked about the state stays known from one transaction to
 * the next; everything before that is a transaction's own, and anew with each generation. */
typedef struct {
  word address;
  u64 generation;
  u32 is_known;
  u32 undo;
  u32 storage;
  u32 is_listed; /* among those that were changed */
  union {
    struct {
      u64 nonce; /* from here on: what a revert restores */
      word balance;
      u8 hash[32];
      i32 code;
      u32 flags;
    };
    account_state now;
  };
  u32 unused_a;
  u32 storage_in_state;
  u32 incarnation; /* slots of another one are not its slots any more */
  u32 in_state; /* the state of it is known, and stands here */
  account_state before;
  u64 unused;
} account;
enum { ACCOUNT_KNOWN = 40, ACCOUNT_STATE = 56, ACCOUNT_STATE_SIZE = 80 };
_Static_assert(__builtin_offsetof(account, nonce) == ACCOUNT_STATE && sizeof(account_state) == ACCOUNT_STATE_SIZE &&
                   __builtin_offsetof(account, storage_in_state) == 140 && sizeof(account) == 240, "account");
_Static_assert(ACCOUNTS + (MOST_ACCOUNTS + 1) * sizeof(account) <= ACCOUNT_INDEX, "accounts");
_Static_assert(ACCOUNT_INDEX + ACCOUNT_PLACES * sizeof(u64) <= ACCESSED, "index of accounts");

typedef struct {
  word key;
  u64 generation;
  u32 account;
  u32 undo;
  u32 state;
  u32 flags; /* WARM */
  u32 unused;
  u32 incarnation; /* its account's, when it was read */
  word current;
  word original;
} slot;
_Static_assert(sizeof(slot) == 128, "slot");
_Static_assert(SLOTS + (MOST_SLOTS + 1) * sizeof(slot) <= SLOT_INDEX, "slots");
_Static_assert(SLOT_INDEX + SLOT_PLACES * sizeof(u64) <= UNDO, "index of slots");

/* Accounts and slots lie one behind the other, so that few of them touch few pages; a hash table says where each is.
 * Entries of another epoch are empty. */
typedef struct {
  u32 epoch;
  u32 place;
} index_entry;

typedef struct {
  u32 is_account;
  u32 place;
  u32 undo; /* the same thing's record before this one */
  u32 flags;
  u8 state[ACCOUNT_STATE_SIZE];
} undo_record;
_Static_assert(sizeof(undo_record) == 96, "undo");
enum { MOST_UNDO = (STACKS - UNDO) / sizeof(undo_record) - 8 };

typedef struct {
  u32 at; /* bytes, followed by 33 zeros */
  u32 size;
  u32 kinds;  /* u8 for each byte: 0, JUMP_HERE, or ENTER_HERE where compiled code begins as well */
  u32 visits; /* u16 for each byte: how often a block beginning there was interpreted */
  i32 function;
  u32 entries;
  u32 entries_mask;
  u32 heat;
  u32 is_delegation;
  u32 constants; /* what compiled code finds by its third parameter */
  u32 unused[6];
} code;
_Static_assert(sizeof(code) == 64, "code");
enum { JUMP_HERE = 1, ENTER_HERE = 2 };

/* A place where compiled code can be entered: for this pc and stack height, where the stack holds these constants. */
typedef struct {
  u32 pc; /* + 1; 0 is an empty place */
  u32 height;
  i64 gas;
  i32 version;
  u32 constants; /* pairs (position, value) */
  u32 constant_count;
  u32 next; /* 1 if another entry for the same pc may follow */
} entry;
_Static_assert(sizeof(entry) == 32, "entry");

#define context ((context_t*)CONTEXT)
#define frame_at(i) ((frame*)FRAMES + (i))
#define account_at(i) ((account*)ACCOUNTS + (i))
#define account_index_at(i) ((index_entry*)ACCOUNT_INDEX + ((i) & (ACCOUNT_PLACES - 1)))
#define slot_index_at(i) ((index_entry*)SLOT_INDEX + ((i) & (SLOT_PLACES - 1)))
#define slot_at(i) ((slot*)SLOTS + (i))
#define code_at(i) ((code*)CODES + (i))
#define undo_at(i) ((undo_record*)UNDO + (i))
#define EXPORT(name) __attribute__((export_name(#name))) name
