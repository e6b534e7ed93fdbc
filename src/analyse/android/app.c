#include "analyse/android/app.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>

#include "analyse/android/chunk.h"

struct app_reader {
    struct app *app;
    struct package package;
    struct resources resources;
    bool has_resources;
};

const char *app_form_name(enum app_form form)
{
    static const char *const names[] = {"apk", "dex", "xml", "resources"};
    return names[form];
}

static void refuse(struct app *app, struct bytes part, const char *why)
{
    if (app->refused_count < APP_REFUSED)
        app->refused[app->refused_count++] = (struct app_refusal){part, why};
}

/* A part's error: no memory ends the reading, anything else is told of the part. */
static int part_error(struct app *app, int error, struct bytes part, const struct fault *fault)
{
    if (error && error != -ENOMEM) {
        refuse(app, part, fault->why);
        return 0;
    }
    return error;
}

/* -ENOENT: there is no such entry. */
static int entry_read(struct app_reader *reader, struct bytes name, struct bytes *ret_content,
                      struct fault *fault)
{
    int32_t index = package_find(&reader->package, name);
    if (index < 0)
        return -ENOENT;
    return package_read(&reader->package, (uint32_t)index, &reader->app->arena, ret_content, fault);
}

static int resources_part(struct app_reader *reader, struct bytes content, struct fault *fault)
{
    struct app *app = reader->app;
    int error = resources_read(content, &app->arena, &app->notes, &reader->resources, fault);
    reader->has_resources = error == 0;
    return error;
}

static int document_part(struct app_reader *reader, struct bytes content, struct fault *fault)
{
    struct app *app = reader->app;
    struct axml axml;
    int error = axml_read(content, &app->arena, &app->notes, &axml, fault);
    if (!error)
        error = manifest_read(&axml, reader->has_resources ? &reader->resources : NULL, &app->arena,
                              &app->manifest, fault);
    app->has_manifest = error == 0;
    return error;
}

static int code_part(struct app_reader *reader)
{
    struct app *app = reader->app;
    app->has_code = app->files > 0;
    return app->files
               ? app_code_read(app->code_files, app->files, &app->arena, &app->notes, &app->code)
               : 0;
}

static int resources_of_package(struct app_reader *reader)
{
    static const struct bytes name = {"resources.arsc", 14};
    struct fault fault = {0};
    struct bytes content;
    int error = entry_read(reader, name, &content, &fault);
    if (!error)
        error = resources_part(reader, content, &fault);
    return error == -ENOENT ? 0 : part_error(reader->app, error, name, &fault);
}

static int manifest_of_package(struct app_reader *reader)
{
    static const struct bytes name = {"AndroidManifest.xml", 19};
    struct fault fault = {"there is none", 0, 0};
    struct bytes content;
    int error = entry_read(reader, name, &content, &fault);
    if (!error)
        error = document_part(reader, content, &fault);
    return part_error(reader->app, error, name, &fault);
}

/* The document that the manifest points at, where it does. */
static int network_of_package(struct app_reader *reader)
{
    struct app *app = reader->app;
    struct bytes name = app->manifest.network_configuration, content;
    struct fault fault = {"there is none", 0, 0};
    struct axml axml;
    if (!app->has_manifest || name.len == 0)
        return 0;
    int error = entry_read(reader, name, &content, &fault);
    if (!error)
        error = axml_read(content, &app->arena, &app->notes, &axml, &fault);
    if (!error)
        network_config_read(&axml, &app->network);
    return part_error(app, error, name, &fault);
}

/* classes.dex, classes2.dex, … up to the first that is missing, as Android's runtime looks. */
static int code_of_package(struct app_reader *reader)
{
    struct app *app = reader->app;
    int error = 0;
    for (unsigned i = 1; i <= APP_FILES && !error; i++) {
        char number[12] = "", text[32];
        struct fault fault = {0};
        struct bytes content;
        if (i > 1)
            snprintf(number, sizeof(number), "%u", i);
        snprintf(text, sizeof(text), "classes%s.dex", number);
        int32_t index = package_find(&reader->package, bytes_of(text));
        if (index < 0)
            break;
        struct bytes name = reader->package.directory.entries[index].name;
        error = package_read(&reader->package, (uint32_t)index, &app->arena, &content, &fault);
        if (!error)
            error = dex_read(content, &app->notes, &app->code_files[app->files], &fault);
        app->files += error == 0;
        error = part_error(app, error, name, &fault);
    }
    return error ? error : code_part(reader);
}

/* Evidence is an entry's name or a text, and both stay. */
static void protector_part(struct app_reader *reader)
{
    struct app *app = reader->app;
    app->protector = protector_find(app->form == APP_PACKAGE ? &reader->package.directory : NULL,
                                    app->has_manifest ? &app->manifest : NULL, app->code_files,
                                    app->files, &app->code);
}

static void libraries_of_package(struct app_reader *reader)
{
    struct app *app = reader->app;
    const struct zip_directory *directory = &reader->package.directory;
    for (uint32_t i = 0; i < directory->count && app->library_count < APP_LIBRARIES; i++)
        if (bytes_start(directory->entries[i].name, BYTES("lib/")) &&
            bytes_end(directory->entries[i].name, BYTES(".so")))
            app->libraries[app->library_count++] = directory->entries[i].name;
}

static int package_part(struct app_reader *reader, struct bytes file, struct fault *fault)
{
    struct app *app = reader->app;
    int error = package_open(file, &app->arena, &app->notes, &reader->package, fault);
    if (error)
        return error;
    app->entries = reader->package.directory.count;
    error = resources_of_package(reader);
    error = error ? error : manifest_of_package(reader);
    error = error ? error : network_of_package(reader);
    error = error ? error : code_of_package(reader);
    error = error ? error
                  : signatures_read(&reader->package, &app->arena, &app->notes, &app->signatures);
    libraries_of_package(reader);
    protector_part(reader);
    package_close(&reader->package);
    return error;
}

/* By how it starts; what starts like nothing else may yet be a ZIP. */
static enum app_form form_of(struct bytes file)
{
    if (dex_is(file))
        return APP_CODE;
    if (bytes_start(file, BYTES("PK")))
        return APP_PACKAGE;
    if (bytes_start(file, BYTES("\x02\x00\x0c\x00")))
        return APP_RESOURCES;
    return axml_is(file) ? APP_DOCUMENT : APP_PACKAGE;
}

static int form_read(struct app_reader *reader, struct bytes file, struct fault *fault)
{
    struct app *app = reader->app;
    int error;
    switch (app->form) {
    case APP_CODE:
        error = dex_read(file, &app->notes, app->code_files, fault);
        app->files = error == 0;
        error = error ? error : code_part(reader);
        protector_part(reader);
        return error;
    case APP_DOCUMENT:
        return document_part(reader, file, fault);
    case APP_RESOURCES:
        return resources_part(reader, file, fault);
    case APP_PACKAGE:
        break;
    }
    return package_part(reader, file, fault);
}

int app_read(struct bytes file, struct app *ret_app, struct fault *ret_fault)
{
    struct app_reader reader = {.app = ret_app};
    memset(ret_app, 0, sizeof(*ret_app));
    ret_app->form = form_of(file);
    ret_app->size = file.len;
    ret_app->arena.limit = APP_MEMORY;
    ret_app->code_files =
        arena_take_array(&ret_app->arena, APP_FILES, sizeof(*ret_app->code_files));
    int error = ret_app->code_files ? 0 : -ENOMEM;
    if (!error &&
        gnutls_hash_fast(GNUTLS_DIG_SHA256, file.len ? file.at : "", file.len, ret_app->sha256) < 0)
        error = -ENOMEM;
    if (!error)
        error = form_read(&reader, file, ret_fault);
    if (error)
        arena_finish(&ret_app->arena);
    return error;
}

void app_finish(struct app *app)
{
    arena_finish(&app->arena);
}
