/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/lenient.h"

enum {
    MIPS_LD = 0x37,
    MIPS_SD = 0x3f,
    MIPS_DSLL32 = 0x3c,
    MIPS_ADDU = 0x21,
    MIPS_LH = 0x21,
    MIPS_LW = 0x23,
    MIPS_LHU = 0x25,
    MIPS_SH = 0x29,
    MIPS_SW = 0x2b,
};

/* The 32-bit instruction for a 64-bit one; 0: none. */
static uint32_t mips_narrow(uint32_t word, bool big)
{
    static const struct {
        uint8_t wide, narrow;
    } operations[] = {{0x18, 0x08}, {0x19, 0x09}, {MIPS_LD, 0x23}, {MIPS_SD, 0x2b}},
      functions[] = {{0x2c, 0x20}, {0x2d, MIPS_ADDU}, {0x2e, 0x22}, {0x2f, 0x23}, {0x38, 0x00},
                     {0x3a, 0x02}, {0x3b, 0x03},      {0x14, 0x04}, {0x16, 0x06}, {0x17, 0x07}};
    uint32_t operation = word >> 26;
    uint32_t function = word & 0x3f;
    if (operation == 0 && function == MIPS_DSLL32) /* what is left of it in 32 bits is 0 */
        return (word & 0xf800) | MIPS_ADDU;
    for (size_t i = 0; operation == 0 && i < sizeof(functions) / sizeof(functions[0]); i++)
        if (functions[i].wide == function)
            return (word & ~UINT32_C(0x3f)) | functions[i].narrow;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (operations[i].wide == operation) {
            uint32_t low = word & 0xffff; /* of a big-endian 8-byte word, the lower half */
            bool memory = operation == MIPS_LD || operation == MIPS_SD;
            low = big && memory ? (low + 4) & 0xffff : low;
            return (uint32_t)operations[i].narrow << 26 | (word & 0x03ff0000) | low;
        }
    return 0;
}

/* MOV and MVN have no first operand: its field, which was ignored, is to be zero. */
static uint32_t arm_clean(uint32_t word)
{
    bool moves = (word & 0x0da00000) == 0x01a00000;
    return moves && (word & 0x000f0000) ? word & ~UINT32_C(0x000f0000) : 0;
}

bool lenient_replace(struct machine *machine, uint64_t at)
{
    uint32_t word = (uint32_t)machine_integer(machine, at, 4);
    uint32_t replaced = 0;
    if (machine->cpu->arch == UC_ARCH_MIPS)
        replaced = mips_narrow(word, machine->cpu->big);
    else if (machine->cpu->arch == UC_ARCH_ARM)
        replaced = arm_clean(word);
    if (!replaced || !machine_integer_put(machine, at, replaced, 4))
        return false;
    (void)uc_ctl_remove_cache(machine->uc, at & ~(uint64_t)(PAGE - 1),
                              (at & ~(uint64_t)(PAGE - 1)) + PAGE);
    return true;
}

bool lenient_access(struct machine *machine, uint64_t at)
{
    uint32_t word = (uint32_t)machine_integer(machine, at, 4);
    uint32_t operation = word >> 26;
    int target = UC_MIPS_REG_0 + (int)(word >> 16 & 31);
    uint64_t base = machine_register(machine, UC_MIPS_REG_0 + (int)(word >> 21 & 31));
    uint64_t address = (uint32_t)(base + (uint64_t)(int64_t)(int16_t)(word & 0xffff));
    bool half = operation == MIPS_LH || operation == MIPS_LHU || operation == MIPS_SH;
    unsigned size = half ? 2 : 4;
    if (machine->cpu->arch != UC_ARCH_MIPS || !machine_mapped(machine, address))
        return false;
    uint64_t value = machine_integer(machine, address, size);
    switch (operation) {
    case MIPS_LH:
        value = (uint64_t)(int64_t)(int16_t)value;
        break;
    case MIPS_LW:
    case MIPS_LHU:
        break;
    case MIPS_SH:
    case MIPS_SW:
        return machine_integer_put(machine, address, machine_register(machine, target), size);
    default:
        return false;
    }
    machine_register_set(machine, target, value);
    return true;
}
