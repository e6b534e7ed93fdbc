#include "analyse/packer/mutate.h"

/* One-byte instructions that change nothing that matters, or that a second one takes back. */
static uint8_t idle_byte(struct random *random)
{
    static const uint8_t idle[] = {0x90, 0xf8, 0xf9, 0xf5, 0xfc, 0x40,
                                   0x48, 0x50, 0x58, 0x98, 0x9b};
    return idle[random_below(random, sizeof(idle))];
}

void specimen_junk(struct specimen *specimen, uint32_t count, struct random *random)
{
    bool idle = random_next(random) >> 63;
    if (count > SPECIMEN_ENTRY)
        count = SPECIMEN_ENTRY;
    uint32_t kept = specimen->entry_size;
    if (kept > SPECIMEN_ENTRY - count)
        kept = SPECIMEN_ENTRY - count;
    memmove(specimen->entry_bytes + count, specimen->entry_bytes, kept);
    for (uint32_t i = 0; i < count; i++)
        specimen->entry_bytes[i] = idle ? idle_byte(random) : (uint8_t)(random_next(random) >> 56);
    specimen->entry_size = kept + count;
}

void specimen_mutate(struct specimen *specimen, double share, struct random *random)
{
    for (uint32_t i = 0; i < specimen->entry_size; i++)
        if (random_unit(random) < share)
            specimen->entry_bytes[i] =
                (uint8_t)(specimen->entry_bytes[i] + 1 + random_below(random, 255));
}

void specimen_rename(struct specimen *specimen, struct random *random)
{
    for (uint32_t i = 0; i < specimen->section_count; i++)
        for (int j = 0; j < SPECIMEN_NAME; j++)
            specimen->section[i].name[j] = (char)('a' + random_below(random, 26));
}
