/*
 * fuzz/replay.c -- gives a fuzz target every file of its corpus once, without a fuzzer.
 *
 *     fuzz_ROOM_NAME FOLDER...
 *
 * One TAP case a file. The sanitizers speak when one fails; a target that must refuse an input
 * returns from LLVMFuzzerTestOneInput as usual, and one that breaks a promise aborts. An empty or
 * missing corpus is a failure: it would prove nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static char *path_join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* The heap block is exactly as long as the file, so that a read past the end is seen. */
static int file_replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    uint8_t *at = NULL;
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (length >= 0 && fseek(file, 0, SEEK_SET) == 0)
        at = malloc(length > 0 ? (size_t)length : 1);
    int result = -1;
    if (at && fread(at, 1, (size_t)length, file) == (size_t)length) {
        LLVMFuzzerTestOneInput(at, (size_t)length);
        result = 0;
    }
    free(at);
    fclose(file);
    return result;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Files in the order of their names, so that two runs say the same. */
static size_t folder_replay(const char *folder, size_t replayed, size_t *failed)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char *path = path_join(folder, entries[i]->d_name);
        int result = path ? file_replay(path) : -1;
        printf("%s %zu - %s\n", result ? "not ok" : "ok", ++replayed, entries[i]->d_name);
        fflush(stdout);
        *failed += result != 0;
        free(path);
        free(entries[i]);
    }
    free(entries);
    return replayed;
}

int main(int argc, char **argv)
{
    size_t replayed = 0;
    size_t failed = 0;
    for (int i = 1; i < argc; i++)
        replayed = folder_replay(argv[i], replayed, &failed);
    if (replayed == 0) {
        printf("not ok 1 - corpus is empty\n");
        replayed = failed = 1;
    }
    printf("1..%zu\n", replayed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
