#include "analyse/android/app_facts.h"

#include <errno.h>

struct facts_maker {
    struct arena *arena;
    struct bytes *names;
    uint32_t count, most;
    bool full; /* of memory */
};

/* `kind`, then the parts one behind the other. */
static void name_put(struct facts_maker *maker, const char *kind, struct bytes first,
                     struct bytes second, struct bytes third)
{
    const struct bytes parts[] = {bytes_of(kind), first, second, third};
    size_t len = 0;
    for (int i = 0; i < 4; i++)
        len += parts[i].len;
    if (maker->count == maker->most || maker->full)
        return;
    char *name = arena_take(maker->arena, len + 1), *at = name;
    if (!name) {
        maker->full = true;
        return;
    }
    for (int i = 0; i < 4; i++) {
        if (parts[i].len)
            memcpy(at, parts[i].at, parts[i].len);
        at += parts[i].len;
    }
    maker->names[maker->count++] = (struct bytes){name, len};
}

static void fact_put(struct facts_maker *maker, const char *kind, struct bytes name)
{
    static const struct bytes none = {"", 0};
    name_put(maker, kind, name, none, none);
}

/* "Landroid/os/IBinder;" without what is around it. */
static struct bytes class_bare(struct bytes descriptor)
{
    size_t len = descriptor.len;
    return len > 2 && descriptor.at[0] == 'L' ? (struct bytes){descriptor.at + 1, len - 2}
                                              : (struct bytes){"", 0};
}

static void manifest_put(struct facts_maker *maker, const struct manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->permission_count; i++)
        fact_put(maker, "permission:", manifest->permissions[i]);
    for (uint32_t i = 0; i < manifest->component_count; i++)
        if (manifest->components[i].permission.len)
            fact_put(maker, "permission:", manifest->components[i].permission);
    for (uint32_t i = 0; i < manifest->intent_count; i++)
        if (manifest->intents[i].part != INTENT_DATA)
            fact_put(maker, "intent:", manifest->intents[i].value);
}

static void calls_put(struct facts_maker *maker, const struct app_code *code)
{
    for (uint32_t i = 0; i < code->call_count; i++) {
        struct bytes class = code->calls[i].class;
        struct bytes bare = {class_bare(class).at, class.len - 1}; /* with its ';' */
        if (class_bare(class).len)
            name_put(maker, "api:", bare, BYTES("->"), code->calls[i].name);
    }
}

static void files_put(struct facts_maker *maker, const struct app *app)
{
    for (uint32_t i = 0; i < app->files; i++) {
        const struct dex *dex = &app->code_files[i];
        for (uint32_t j = 0; j < dex->types.count; j++)
            if (class_bare(dex_type(dex, j)).len)
                fact_put(maker, "class:", class_bare(dex_type(dex, j)));
        for (uint32_t j = 0; j < dex->methods.count; j++)
            fact_put(maker, "method:", dex_method_reference(dex, j).name);
    }
    for (uint32_t i = 0; i < app->files; i++) {
        const struct dex *dex = &app->code_files[i];
        for (uint32_t j = 0; j < dex->strings.count; j++) {
            struct bytes text = dex_string(dex, j);
            fact_put(maker,
                     bytes_start(text, BYTES("android.intent.")) ? "intent:" : "string:", text);
        }
    }
}

static uint32_t names_most(const struct app *app)
{
    const struct manifest *manifest = &app->manifest;
    uint64_t most = (uint64_t)app->code.call_count;
    if (app->has_manifest)
        most += (uint64_t)manifest->permission_count + manifest->component_count +
                manifest->intent_count;
    for (uint32_t i = 0; i < app->files; i++)
        most += (uint64_t)app->code_files[i].types.count + app->code_files[i].methods.count +
                app->code_files[i].strings.count;
    return most < APP_MODEL_NAMES ? (uint32_t)most : APP_MODEL_NAMES;
}

int app_facts_make(const struct app *app, struct arena *arena, struct app_facts *ret_facts)
{
    struct facts_maker maker = {.arena = arena, .most = names_most(app)};
    maker.names = arena_take_array(arena, (size_t)maker.most + 1, sizeof(*maker.names));
    if (!maker.names)
        return -ENOMEM;
    if (app->has_manifest)
        manifest_put(&maker, &app->manifest);
    if (app->has_code) {
        calls_put(&maker, &app->code);
        files_put(&maker, app);
    }
    if (maker.full)
        return -ENOMEM;
    *ret_facts = (struct app_facts){
        .names = maker.names, .count = maker.count, .description = {"", 0}, .category = {"", 0}};
    return 0;
}
