#include "analyse/packer/traits.h"

#include <math.h>

#include "base/hash.h"

enum { NO_SECTION = 255 };
enum { FLAG_EXECUTE = 0x20000000 };
#define FLAG_WRITE 0x80000000U

static uint32_t log_step(uint64_t value)
{
    return value ? 64U - (uint32_t)__builtin_clzll(value) : 0;
}

static bool has_bytes(const struct specimen_section *section)
{
    return section->declared > 0;
}

static uint64_t name_key(const struct specimen_section *section)
{
    return hash_bytes((struct bytes){section->name, SPECIMEN_NAME});
}

static uint64_t shape_key(const struct specimen_section *section)
{
    uint64_t entropy = (uint64_t)(section->entropy * 2 + 0.5F);
    bool grows = section->memory > section->declared + section->declared / 2;
    return (uint64_t)section->flags << 16 | entropy << 2 | (uint64_t)has_bytes(section) << 1 |
           grows;
}

struct tokens {
    struct layout_token *at;
    uint32_t count;
};

static void token_put(struct tokens *tokens, enum layout_kind kind, uint32_t section, uint64_t key)
{
    if (tokens->count < LAYOUT_TOKENS)
        tokens->at[tokens->count++] =
            (struct layout_token){hash_mix(key, kind), (uint8_t)kind, (uint8_t)section};
}

static uint32_t entry_place(const struct specimen *specimen)
{
    if (specimen->entry_section < 0)
        return 3;
    if (specimen->entry_section == 0)
        return 0;
    return (uint32_t)specimen->entry_section + 1 == specimen->section_count ? 2 : 1;
}

static void sections_tokens(const struct specimen *specimen, struct tokens *tokens)
{
    for (uint32_t i = 0; i < specimen->section_count; i++) {
        if (i >= LAYOUT_SECTIONS && i + LAYOUT_SECTIONS < specimen->section_count)
            continue;
        token_put(tokens, LAYOUT_NAME, i, name_key(&specimen->section[i]));
        token_put(tokens, LAYOUT_SHAPE, i, shape_key(&specimen->section[i]));
    }
    if (specimen->entry_section >= 0 && specimen->format == IMAGE_PE &&
        (uint32_t)specimen->entry_section < specimen->section_count) {
        const struct specimen_section *entry = &specimen->section[specimen->entry_section];
        uint32_t section = (uint32_t)specimen->entry_section;
        token_put(tokens, LAYOUT_ENTRY_NAME, section, name_key(entry));
        token_put(tokens, LAYOUT_ENTRY_SHAPE, section, shape_key(entry));
    }
}

uint32_t layout_tokens(const struct specimen *specimen, struct layout_token at[LAYOUT_TOKENS])
{
    struct tokens tokens = {at, 0};
    uint64_t imports = log_step(specimen->imports), libraries = log_step(specimen->libraries);
    sections_tokens(specimen, &tokens);
    if (specimen->format == IMAGE_PE)
        token_put(&tokens, LAYOUT_ENTRY_PLACE, NO_SECTION, entry_place(specimen));
    token_put(&tokens, LAYOUT_ENTRY_LOW, NO_SECTION, specimen->entry & 0xfff);
    token_put(&tokens, LAYOUT_COUNT, NO_SECTION,
              (uint64_t)specimen->sections << 32 | specimen->segments);
    if (specimen->format == IMAGE_PE)
        token_put(&tokens, LAYOUT_IMPORTS, NO_SECTION, imports << 8 | libraries);
    token_put(&tokens, LAYOUT_OVERLAY, NO_SECTION, log_step(specimen->overlay) / 4);
    token_put(&tokens, LAYOUT_ENTROPY, NO_SECTION, (uint64_t)(specimen->entropy * 4 + 0.5F));
    token_put(&tokens, LAYOUT_HEADER, NO_SECTION,
              (uint64_t)specimen->format << 40 | (uint64_t)specimen->machine << 16 |
                  (specimen->format == IMAGE_PE ? 0 : (uint64_t)specimen->type << 8) |
                  specimen->bits);
    return tokens.count;
}

/* What compilers and linkers call sections. */
static bool is_usual_name(const struct specimen_section *section)
{
    static const char *const usual[] = {
        ".text",   ".rdata", ".data",  ".rsrc",  ".reloc", ".idata",   ".edata",
        ".pdata",  ".bss",   ".tls",   ".CRT",   "CODE",   "DATA",     "BSS",
        ".didat",  ".gfids", ".00cfg", ".xdata", ".sdata", ".code",    ".itext",
        ".shared", "INIT",   "PAGE",   ".debug", ".orpc",  ".eh_fram", ".buildid",
    };
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
        if (strncmp(section->name, usual[i], SPECIMEN_NAME) == 0)
            return true;
    return false;
}

/* The traits, in order; a scale is as many steps, each 1 when the value is at or above its mark. */
#define TRAITS(X)                                                                                  \
    X(ENTRY_WRITABLE, 1, "the section with the entry point can be written to")                     \
    X(ENTRY_NOT_CODE, 1, "the section with the entry point is not marked as executable")           \
    X(ENTRY_FIRST, 1, "the entry point is in the first section")                                   \
    X(ENTRY_LAST, 1, "the entry point is in the last section")                                     \
    X(ENTRY_NOWHERE, 1, "the entry point is in no section")                                        \
    X(ENTRY_UNUSUAL, 1, "the section with the entry point has an unusual name")                    \
    X(ENTRY_RANDOM, 5, "how random the section with the entry point looks")                        \
    X(MOST_RANDOM, 5, "how random the most random section looks")                                  \
    X(CODE_RANDOM, 5, "how random the first section looks")                                        \
    X(FILE_RANDOM, 6, "how random the file looks")                                                 \
    X(UNUSUAL_NAMES, 3, "sections with unusual names")                                             \
    X(NO_BYTES, 1, "a section of code has no bytes in the file")                                   \
    X(BOTH_RIGHTS, 3, "sections that can be both written to and executed")                         \
    X(GROWS, 3, "how much larger it gets when loaded")                                             \
    X(FUNCTIONS, 6, "imported functions")                                                          \
    X(FEW_EACH, 2, "imported functions for each library")                                          \
    X(SECTIONS, 4, "sections")                                                                     \
    X(START_ZEROS, 2, "zeros among the first bytes that run")                                      \
    X(START_RANDOM, 4, "how random the first bytes that run look")                                 \
    X(START_SAVES, 1, "the first instruction saves all registers")                                 \
    X(START_HERE, 1, "calls the next instruction to learn where it is")                            \
    X(HEADERS, 4, "headers of sections an ELF has, or it is no program of a linker")               \
    X(SHORT_START, 2, "few bytes from the entry point to the section's end")

enum trait_width {
#define WIDTH(name, steps, text) TRAIT_##name, TRAIT_##name##_LAST = TRAIT_##name + (steps)-1,
    TRAITS(WIDTH)
#undef WIDTH
        TRAIT_COUNT
};

static void scale(float *traits, uint32_t first, double value, const double *marks, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        traits[first + i] = value >= marks[i] ? 1 : 0;
}

#define SCALE(traits, name, value, ...)                                                            \
    scale(traits, TRAIT_##name, (double)(value), (const double[]){__VA_ARGS__},                    \
          (uint32_t)(TRAIT_##name##_LAST - TRAIT_##name + 1))

static void entry_traits(const struct specimen *specimen, float *traits)
{
    uint32_t place = entry_place(specimen);
    traits[TRAIT_ENTRY_FIRST] = place == 0;
    traits[TRAIT_ENTRY_LAST] = place == 2;
    traits[TRAIT_ENTRY_NOWHERE] = place == 3;
    if (place == 3 || (uint32_t)specimen->entry_section >= specimen->section_count)
        return;
    const struct specimen_section *entry = &specimen->section[specimen->entry_section];
    traits[TRAIT_ENTRY_WRITABLE] = (entry->flags & FLAG_WRITE) != 0;
    traits[TRAIT_ENTRY_NOT_CODE] = (entry->flags & FLAG_EXECUTE) == 0;
    traits[TRAIT_ENTRY_UNUSUAL] = !is_usual_name(entry);
    SCALE(traits, ENTRY_RANDOM, entry->entropy, 4, 5.5, 6.75, 7.2, 7.7);
}

static void section_traits(const struct specimen *specimen, float *traits)
{
    uint32_t unusual = 0, both = 0;
    double most = 0, memory = 0, declared = 0;
    for (uint32_t i = 0; i < specimen->section_count; i++) {
        const struct specimen_section *section = &specimen->section[i];
        bool resources = memcmp(section->name, ".rsrc", 6) == 0;
        unusual += !is_usual_name(section);
        both += (section->flags & FLAG_WRITE) && (section->flags & FLAG_EXECUTE);
        memory += (double)section->memory;
        declared += (double)section->declared;
        if (section->entropy > (float)most && !resources)
            most = (double)section->entropy;
        if (!has_bytes(section) && section->memory >= 0x1000 && (section->flags & FLAG_EXECUTE))
            traits[TRAIT_NO_BYTES] = 1;
    }
    if (specimen->section_count)
        SCALE(traits, CODE_RANDOM, specimen->section[0].entropy, 1, 4, 6.75, 7.2, 7.7);
    SCALE(traits, MOST_RANDOM, most, 6.5, 6.9, 7.2, 7.6, 7.9);
    SCALE(traits, UNUSUAL_NAMES, unusual, 1, 2, 3);
    SCALE(traits, BOTH_RIGHTS, both, 1, 2, 3);
    SCALE(traits, GROWS, memory / (declared + 1), 1.3, 2, 4);
}

static void start_traits(const struct specimen *specimen, float *traits)
{
    uint32_t zeros = 0, size = specimen->entry_size, seen = 0;
    bool values[256] = {false};
    const uint8_t *at = specimen->entry_bytes;
    for (uint32_t i = 0; i < size && i < 256; i++) {
        zeros += at[i] == 0;
        seen += !values[at[i]];
        values[at[i]] = true;
        traits[TRAIT_START_HERE] += i + 5 <= size && i < 48 && at[i] == 0xe8 && at[i + 1] <= 4 &&
                                    at[i + 2] == 0 && at[i + 3] == 0 && at[i + 4] == 0;
    }
    if (traits[TRAIT_START_HERE] > 1)
        traits[TRAIT_START_HERE] = 1;
    traits[TRAIT_START_SAVES] = size > 0 && (at[0] == 0x60 || at[0] == 0x9c);
    SCALE(traits, START_ZEROS, zeros, 64, 160);
    SCALE(traits, START_RANDOM, seen, 60, 90, 110, 130);
    traits[TRAIT_SHORT_START] = size < 1024;
    traits[TRAIT_SHORT_START + 1] = size < 64;
}

uint32_t traits_of(const struct specimen *specimen, float *traits)
{
    uint32_t functions = specimen->imports, libraries = specimen->libraries;
    SCALE(traits, FILE_RANDOM, specimen->entropy, 5.5, 6.2, 6.7, 7.1, 7.5, 7.85);
    if (specimen->format == IMAGE_PE) {
        entry_traits(specimen, traits);
        section_traits(specimen, traits);
        SCALE(traits, FUNCTIONS, functions, 1, 3, 8, 20, 50, 120);
        SCALE(traits, FEW_EACH, functions / (libraries + 0.001), 1.9, 5);
        SCALE(traits, SECTIONS, specimen->sections, 3, 4, 5, 8);
    } else {
        SCALE(traits, HEADERS, specimen->sections, 1, 5, 20, 28);
        SCALE(traits, SECTIONS, specimen->segments, 1, 4, 8, 11);
    }
    start_traits(specimen, traits);
    return TRAIT_COUNT;
}

const char *trait_name(uint32_t trait)
{
#define NAMED(name, steps, text)                                                                   \
    if (trait <= TRAIT_##name##_LAST)                                                              \
        return text;
    TRAITS(NAMED)
#undef NAMED
    return "";
}
