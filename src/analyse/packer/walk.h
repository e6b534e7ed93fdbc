/*
 * analyse/packer/walk.h -- the instructions that run first, in the order they run.
 *
 * From the entry point on, jumps and calls whose target is at hand are followed, and what stands
 * behind them comes later; what goes nowhere at hand is gone past, as is what is no instruction,
 * and instructions that do nothing are left out. So junk in front of a routine, or between its
 * parts, changes little but the first steps. x86 with 16, 32 and 64 bits, by Capstone.
 */
#ifndef ANALYSE_PACKER_WALK_H
#define ANALYSE_PACKER_WALK_H

#include "base/bytes.h"

enum { WALK_STEPS = 64, WALK_REACH = 4096 /* bytes that can be walked over */ };

/* What an instruction is: its operation and what kind of thing each operand is, not which. */
struct walk_step {
    uint32_t token;
    uint16_t offset; /* of the bytes walked over */
    uint8_t size;    /* of the instruction, bytes */
};

struct walker;

/* -EINVAL: not 32 or 64 bits; -ENOMEM. One thread at a time. */
int walker_open(uint8_t bits, struct walker **ret_walker) __attribute__((warn_unused_result));
void walker_close(struct walker *walker);

/* At most `most` <= WALK_STEPS steps over the first WALK_REACH bytes of `code`; how many. */
uint32_t walker_walk(struct walker *walker, struct bytes code, uint32_t most,
                     struct walk_step *ret_steps);

/* One instruction, as people read it. */
enum { WALK_TEXT = 192 };

struct walk_instruction {
    char text[WALK_TEXT]; /* "mov eax, 0x4014c0" */
    uint8_t size;
    bool ends; /* returns, or goes where nobody can see: nothing behind it follows */
    bool goes; /* to `target`, which is an address */
    uint64_t target;
};

/* That at the start of `code`, which is at `address`. False: there is none. */
bool walker_read(struct walker *walker, struct bytes code, uint64_t address,
                 struct walk_instruction *ret_instruction);

#endif
