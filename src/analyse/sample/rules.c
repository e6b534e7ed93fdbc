#include "analyse/sample/rules.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <yara.h>

#include "base/buffer.h"

struct rules {
    YR_RULES *compiled;
    uint32_t count;
};

/* Files of rules being put together; the compiler takes nothing more once something was wrong. */
struct compiling {
    YR_COMPILER *compiler; /* what holds */
    uint32_t files;
    rules_told *told;
    void *context;
    const char *path; /* of the one that is tried */
    bool told_of;     /* the first thing wrong with it is enough */
};

static void wrong(int level, const char *file, int line, const YR_RULE *rule, const char *message,
                  void *context)
{
    struct compiling *compiling = context;
    (void)file, (void)rule;
    if (level != YARA_ERROR_LEVEL_ERROR || compiling->told_of)
        return;
    compiling->told_of = true;
    compiling->told(compiling->context, compiling->path, line, message);
}

static int compiler_make(struct compiling *compiling, YR_COMPILER **ret_compiler)
{
    static const char *const variables[] = {"filename", "filepath", "extension", "filetype",
                                            "owner"};
    YR_COMPILER *compiler;
    if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
        return -ENOMEM;
    yr_compiler_set_callback(compiler, wrong, compiling);
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
        if (yr_compiler_define_string_variable(compiler, variables[i], "") != ERROR_SUCCESS) {
            yr_compiler_destroy(compiler);
            return -ENOMEM;
        }
    *ret_compiler = compiler;
    return 0;
}

/* How many things are wrong with the file; its rules under the name of its path. */
static int compiler_add(YR_COMPILER *compiler, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 1;
    int wrongs = yr_compiler_add_file(compiler, file, path, path);
    fclose(file);
    return wrongs;
}

/* Tried alone first, so that one that is wrong spoils nothing. */
static int file_compile(struct compiling *compiling, const char *path)
{
    YR_COMPILER *trial;
    int error = compiler_make(compiling, &trial);
    if (error)
        return error;
    compiling->path = path;
    compiling->told_of = false;
    int wrongs = compiler_add(trial, path);
    yr_compiler_destroy(trial);
    if (wrongs > 0) {
        if (!compiling->told_of)
            compiling->told(compiling->context, path, 0, "it cannot be read");
        return 0;
    }
    compiling->files++;
    return compiler_add(compiling->compiler, path) > 0 ? -ENOMEM : 0;
}

static int by_name(const FTSENT **one, const FTSENT **other)
{
    return strcmp((*one)->fts_name, (*other)->fts_name);
}

static int path_compile(struct compiling *compiling, const char *path)
{
    char *start = strdup(path), *paths[] = {start, NULL};
    FTS *walk = start ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name) : NULL;
    FTSENT *entry;
    int error = walk ? 0 : -ENOMEM;
    while (!error && (entry = fts_read(walk))) {
        struct bytes name = bytes_of(entry->fts_path);
        bool rules = bytes_end(name, BYTES(".yar")) || bytes_end(name, BYTES(".yara"));
        if (entry->fts_info != FTS_F || (!rules && entry->fts_level > 0))
            continue;
        if (compiling->files == RULES_FILES) {
            compiling->told(compiling->context, entry->fts_path, 0, "there are too many files");
            break;
        }
        error = file_compile(compiling, entry->fts_path);
    }
    if (walk)
        fts_close(walk);
    free(start);
    return error;
}

static int compile_end(struct compiling *compiling, struct rules *rules)
{
    const YR_RULE *rule;
    if (compiling->files == 0)
        return -ENODATA;
    if (yr_compiler_get_rules(compiling->compiler, &rules->compiled) != ERROR_SUCCESS)
        return -ENOMEM;
    yr_rules_foreach(rules->compiled, rule) rules->count++;
    return 0;
}

int rules_open(const char *path, rules_told *told, void *context, struct rules **ret_rules)
{
    struct compiling compiling = {.told = told, .context = context};
    struct stat status;
    if (stat(path, &status) != 0)
        return -errno;
    struct rules *rules = calloc(1, sizeof(*rules));
    if (!rules || yr_initialize() != ERROR_SUCCESS) {
        free(rules);
        return -ENOMEM;
    }
    int error = compiler_make(&compiling, &compiling.compiler);
    if (!error)
        error = path_compile(&compiling, path);
    if (!error)
        error = compile_end(&compiling, rules);
    if (compiling.compiler)
        yr_compiler_destroy(compiling.compiler);
    if (error)
        rules_close(rules);
    else
        *ret_rules = rules;
    return error;
}

uint32_t rules_count(const struct rules *rules)
{
    return rules->count;
}

void rules_close(struct rules *rules)
{
    if (!rules)
        return;
    if (rules->compiled)
        yr_rules_destroy(rules->compiled);
    yr_finalize();
    free(rules);
}

/* ---- a file ------------------------------------------------------------------------ */

struct run {
    struct rule_matches *matches;
    struct arena *keep;
    bool failed;
};

static struct bytes text_keep(struct run *run, struct bytes text)
{
    struct bytes kept = arena_copy(run->keep, text);
    run->failed |= kept.at == NULL;
    return kept;
}

static void tags_keep(struct run *run, const YR_RULE *rule, struct rule_match *match)
{
    struct buffer tags = {0};
    const char *tag;
    yr_rule_tags_foreach(rule, tag)
    {
        if (tags.len)
            buffer_put_char(&tags, ' ');
        buffer_put(&tags, bytes_of(tag));
    }
    match->tags = text_keep(run, buffer_bytes(&tags));
    buffer_finish(&tags);
}

/* Where a string was found. libyara lays matches out without regard to alignment, so each is copied
 * before it is looked at. */
static void places_count(const YR_SCAN_CONTEXT *scan, const YR_STRING *string,
                         struct rule_string *told)
{
    const YR_MATCH *place = scan->matches[string->idx].head;
    YR_MATCH copy;
    for (; place; place = copy.next) {
        memcpy(&copy, (const void *)place, sizeof(copy));
        uint64_t offset = (uint64_t)(copy.base + copy.offset);
        if (copy.is_private)
            continue;
        if (told->places++ == 0 || offset < told->offset)
            told->offset = offset;
    }
}

static void strings_keep(struct run *run, YR_SCAN_CONTEXT *scan, YR_RULE *rule,
                         struct rule_match *match)
{
    YR_STRING *string;
    yr_rule_strings_foreach(rule, string)
    {
        struct rule_string told = {.name = bytes_of(string->identifier)};
        places_count(scan, string, &told);
        if (told.places == 0 || match->string_count == RULES_STRINGS)
            continue;
        told.name = text_keep(run, told.name);
        match->strings[match->string_count++] = told;
    }
}

static int matched(YR_SCAN_CONTEXT *scan, int message, void *data, void *context)
{
    struct run *run = context;
    YR_RULE *rule = data;
    YR_META *meta;
    if (message != CALLBACK_MSG_RULE_MATCHING || RULE_IS_PRIVATE(rule))
        return CALLBACK_CONTINUE;
    if (run->matches->count == RULES_MATCHES) {
        run->matches->more++;
        return CALLBACK_CONTINUE;
    }
    struct rule_match *match = &run->matches->items[run->matches->count++];
    *match = (struct rule_match){
        .rule = text_keep(run, bytes_of(rule->identifier)),
        .file = text_keep(run, bytes_base_name(bytes_of(rule->ns->name))),
    };
    yr_rule_metas_foreach(rule, meta)
    {
        if (meta->type == META_TYPE_STRING && strcmp(meta->identifier, "description") == 0)
            match->description = text_keep(run, bytes_of(meta->string));
    }
    tags_keep(run, rule, match);
    strings_keep(run, scan, rule, match);
    return run->failed ? CALLBACK_ABORT : CALLBACK_CONTINUE;
}

/* The variables that speak of the file; a rule set may not use them. */
static bool name_tell(YR_SCANNER *scanner, struct bytes name, struct arena *keep)
{
    struct bytes path = arena_copy(keep, name);
    if (!path.at)
        return false;
    const char *base = bytes_base_name(path).at, *dot = strrchr(base, '.');
    (void)yr_scanner_define_string_variable(scanner, "filename", base);
    (void)yr_scanner_define_string_variable(scanner, "filepath", path.at);
    (void)yr_scanner_define_string_variable(scanner, "extension", dot ? dot : "");
    return true;
}

int rules_run(struct rules *rules, struct bytes content, struct bytes name, struct arena *keep,
              struct rule_matches *ret_matches)
{
    struct run run = {ret_matches, keep, false};
    YR_SCANNER *scanner;
    *ret_matches = (struct rule_matches){.count = 0};
    if (yr_scanner_create(rules->compiled, &scanner) != ERROR_SUCCESS)
        return -ENOMEM;
    yr_scanner_set_callback(scanner, matched, &run);
    yr_scanner_set_timeout(scanner, RULES_SECONDS_MOST);
    /* no handler of signals: there is no file behind the memory that could shrink */
    yr_scanner_set_flags(scanner, SCAN_FLAGS_REPORT_RULES_MATCHING | SCAN_FLAGS_NO_TRYCATCH);
    int status = ERROR_INSUFFICIENT_MEMORY;
    if (name_tell(scanner, name, keep))
        status = yr_scanner_scan_mem(scanner, (const uint8_t *)(content.len ? content.at : ""),
                                     content.len);
    yr_scanner_destroy(scanner);
    ret_matches->late = status == ERROR_SCAN_TIMEOUT;
    return run.failed || (status != ERROR_SUCCESS && status != ERROR_SCAN_TIMEOUT &&
                          status != ERROR_TOO_MANY_SCAN_THREADS)
               ? -ENOMEM
               : 0;
}
