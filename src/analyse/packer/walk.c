#include "analyse/packer/walk.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPERANDS = 4, LATER = 32 };

struct walker {
    csh handle;
    cs_insn *instruction;
};

int walker_open(uint8_t bits, struct walker **ret_walker)
{
    struct walker *walker;
    if (bits != 32 && bits != 64)
        return -EINVAL;
    walker = calloc(1, sizeof(*walker));
    if (!walker)
        return -ENOMEM;
    if (cs_open(CS_ARCH_X86, bits == 64 ? CS_MODE_64 : CS_MODE_32, &walker->handle) != CS_ERR_OK) {
        free(walker);
        return -ENOMEM;
    }
    cs_option(walker->handle, CS_OPT_DETAIL, CS_OPT_ON);
    walker->instruction = cs_malloc(walker->handle);
    if (!walker->instruction) {
        walker_close(walker);
        return -ENOMEM;
    }
    *ret_walker = walker;
    return 0;
}

void walker_close(struct walker *walker)
{
    if (!walker)
        return;
    if (walker->instruction)
        cs_free(walker->instruction, 1);
    cs_close(&walker->handle);
    free(walker);
}

static bool decode(struct walker *walker, struct bytes code, size_t offset)
{
    struct bytes rest = bytes_from(code, offset);
    const uint8_t *at = (const uint8_t *)rest.at;
    size_t left = rest.len;
    uint64_t address = offset;
    return left > 0 && cs_disasm_iter(walker->handle, &at, &left, &address, walker->instruction);
}

static uint32_t token_of(const cs_insn *instruction)
{
    const cs_x86 *x86 = &instruction->detail->x86;
    uint32_t token = instruction->id;
    for (int i = 0; i < OPERANDS; i++) {
        uint32_t kind = i < x86->op_count ? (uint32_t)x86->operands[i].type : 0;
        if (kind == X86_OP_REG || kind == X86_OP_MEM) /* and how wide it is: 1, 2, 4, 8 … */
            kind |= (uint32_t)__builtin_ctz(x86->operands[i].size | 0x80U) << 2;
        token = token << 5 | (kind & 31);
    }
    return token;
}

/* nop, and what leaves a register as it is. */
static bool does_nothing(const cs_insn *instruction)
{
    const cs_x86 *x86 = &instruction->detail->x86;
    if (instruction->id == X86_INS_NOP)
        return true;
    return (instruction->id == X86_INS_MOV || instruction->id == X86_INS_XCHG) &&
           x86->op_count == 2 && x86->operands[0].type == X86_OP_REG &&
           x86->operands[1].type == X86_OP_REG && x86->operands[0].reg == x86->operands[1].reg;
}

enum turn { TURN_ON, TURN_AWAY, TURN_END };

/* Where it goes: on, away to *ret_target (on comes later), or to nowhere known. */
static enum turn turn_of(const cs_insn *instruction, uint64_t *ret_target)
{
    const cs_x86 *x86 = &instruction->detail->x86;
    switch (instruction->id) {
    case X86_INS_RET:
    case X86_INS_RETF:
    case X86_INS_HLT:
        return TURN_END;
    case X86_INS_JMP:
    case X86_INS_CALL:
        if (x86->op_count == 1 && x86->operands[0].type == X86_OP_IMM) {
            *ret_target = (uint64_t)x86->operands[0].imm;
            return TURN_AWAY;
        }
        return instruction->id == X86_INS_JMP ? TURN_END : TURN_ON;
    default:
        return TURN_ON;
    }
}

/* What has been walked over, and where to go on when the way ends. */
struct course {
    uint64_t walked[WALK_REACH / 64];
    uint16_t later[LATER];
    uint32_t later_count, next_later;
};

static bool is_walked(const struct course *course, size_t offset)
{
    return course->walked[offset / 64] >> offset % 64 & 1;
}

static void put_later(struct course *course, size_t offset, size_t end)
{
    if (offset < end && course->later_count < LATER)
        course->later[course->later_count++] = (uint16_t)offset;
}

/* The first place put off that nobody came by since; false when there is none. */
static bool take_later(struct course *course, size_t *offset)
{
    while (course->next_later < course->later_count) {
        *offset = course->later[course->next_later++];
        if (!is_walked(course, *offset))
            return true;
    }
    return false;
}

uint32_t walker_walk(struct walker *walker, struct bytes code, uint32_t most,
                     struct walk_step *ret_steps)
{
    struct course course = {.later_count = 0};
    uint32_t count = 0;
    size_t offset = 0;
    if (code.len > WALK_REACH)
        code.len = WALK_REACH;
    while (count < most) {
        uint64_t target = 0;
        if ((offset >= code.len || is_walked(&course, offset)) && !take_later(&course, &offset))
            break;
        course.walked[offset / 64] |= 1ULL << offset % 64;
        if (!decode(walker, code, offset)) {
            offset++;
            continue;
        }
        const cs_insn *instruction = walker->instruction;
        if (!does_nothing(instruction))
            ret_steps[count++] = (struct walk_step){token_of(instruction), (uint16_t)offset,
                                                    (uint8_t)instruction->size};
        enum turn turn = turn_of(instruction, &target);
        offset += instruction->size;
        if (turn == TURN_AWAY && target < code.len && !is_walked(&course, target)) {
            put_later(&course, offset, code.len);
            offset = target;
        } else if (turn == TURN_END) {
            put_later(&course, offset, code.len);
            take_later(&course, &offset);
        }
    }
    return count;
}

bool walker_read(struct walker *walker, struct bytes code, uint64_t address,
                 struct walk_instruction *ret_instruction)
{
    const uint8_t *at = (const uint8_t *)code.at;
    size_t left = code.len;
    if (left == 0 || !cs_disasm_iter(walker->handle, &at, &left, &address, walker->instruction))
        return false;
    const cs_insn *instruction = walker->instruction;
    struct walk_instruction read = {.size = (uint8_t)instruction->size};
    enum turn turn = turn_of(instruction, &read.target);
    read.ends = turn == TURN_END;
    read.goes = turn == TURN_AWAY;
    snprintf(read.text, sizeof(read.text), "%s%s%s", instruction->mnemonic,
             instruction->op_str[0] ? " " : "", instruction->op_str);
    *ret_instruction = read;
    return true;
}
