#include "store/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/token.h"

enum {
    PIECE = 1 << 16, /* bytes of the sample that are sealed together */
    SEALED = PIECE + crypto_secretstream_xchacha20poly1305_ABYTES,
    HEADER = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
};
_Static_assert(TOKEN_SIZE / 2 == crypto_secretstream_xchacha20poly1305_KEYBYTES,
               "a token is a key");

struct vault {
    char folder[4000];
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
};

int vault_open(const char *folder, struct vault **ret_vault)
{
    char path[4096];
    struct token token;
    struct vault *vault = calloc(1, sizeof(*vault));
    if (!vault)
        return -ENOMEM;
    snprintf(path, sizeof(path), "%s/samples.key", folder);
    int length = snprintf(vault->folder, sizeof(vault->folder), "%s/samples", folder);
    int error = length < (int)sizeof(vault->folder) ? 0 : -ENAMETOOLONG;
    if (!error)
        error = sodium_init() < 0 ? -EIO : token_load(path, &token);
    if (!error && sodium_hex2bin(vault->key, sizeof(vault->key), token.text, TOKEN_SIZE, NULL, NULL,
                                 NULL) != 0)
        error = -EINVAL;
    if (!error && mkdir(vault->folder, 0700) < 0 && errno != EEXIST)
        error = -errno;
    sodium_memzero(&token, sizeof(token));
    if (error)
        vault_close(vault);
    else
        *ret_vault = vault;
    return error;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    sodium_memzero(vault->key, sizeof(vault->key));
    free(vault);
}

/* Only a digest becomes part of a path. */
static int path_make(const struct vault *vault, struct bytes name, const char *end, char path[4096])
{
    for (size_t i = 0; i < name.len; i++)
        if (!strchr("0123456789abcdef", name.at[i]))
            return -EINVAL;
    if (name.len != 64)
        return -EINVAL;
    snprintf(path, 4096, "%s/%.64s%s", vault->folder, name.at, end);
    return 0;
}

static bool write_all(int file, const unsigned char *at, size_t len)
{
    while (len > 0) {
        ssize_t now = write(file, at, len);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return false;
        at += now;
        len -= (size_t)now;
    }
    return true;
}

/* The name goes into each piece's tag, so a file under another name does not open. */
static int seal(const struct vault *vault, struct bytes name, struct bytes content, int file)
{
    crypto_secretstream_xchacha20poly1305_state state;
    unsigned char header[HEADER], *sealed = malloc(SEALED);
    if (!sealed)
        return -ENOMEM;
    crypto_secretstream_xchacha20poly1305_init_push(&state, header, vault->key);
    bool well = write_all(file, header, HEADER), last = false;
    while (well && !last) {
        size_t len = content.len < PIECE ? content.len : PIECE;
        unsigned long long sealed_len;
        last = len == content.len;
        crypto_secretstream_xchacha20poly1305_push(
            &state, sealed, &sealed_len, (const unsigned char *)(len ? content.at : ""), len,
            (const unsigned char *)name.at, name.len,
            last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
        well = write_all(file, sealed, (size_t)sealed_len);
        content = bytes_from(content, len);
    }
    sodium_memzero(&state, sizeof(state));
    free(sealed);
    return well && fsync(file) == 0 ? 0 : errno ? -errno : -EIO;
}

int vault_put(struct vault *vault, struct bytes name, struct bytes content)
{
    char path[4096], fresh[4096], suffix[32];
    snprintf(suffix, sizeof(suffix), ".%ld", (long)getpid());
    int error = path_make(vault, name, "", path);
    if (!error)
        error = path_make(vault, name, suffix, fresh);
    if (error)
        return error;
    if (access(path, F_OK) == 0)
        return 0;
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return -errno;
    error = seal(vault, name, content, file);
    if (close(file) < 0 && !error)
        error = -errno;
    if (!error && rename(fresh, path) < 0)
        error = -errno;
    if (error)
        unlink(fresh);
    return error;
}

static int unseal(const struct vault *vault, struct bytes name, size_t most, FILE *from,
                  struct buffer *content)
{
    crypto_secretstream_xchacha20poly1305_state state;
    unsigned char header[HEADER], sealed[SEALED], tag = 0;
    int error = 0;
    if (fread(header, 1, HEADER, from) != HEADER ||
        crypto_secretstream_xchacha20poly1305_init_pull(&state, header, vault->key) != 0)
        return -EBADMSG;
    while (!error && tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
        size_t got = fread(sealed, 1, SEALED, from);
        unsigned long long len = 0;
        if (!buffer_reserve(content, PIECE))
            error = -ENOMEM;
        else if (crypto_secretstream_xchacha20poly1305_pull(
                     &state, (unsigned char *)content->at + content->len, &len, &tag, sealed, got,
                     (const unsigned char *)name.at, name.len) != 0)
            error = -EBADMSG;
        else if ((content->len += (size_t)len) > most)
            error = -EFBIG;
    }
    sodium_memzero(&state, sizeof(state));
    return error ? error : fgetc(from) == EOF ? 0 : -EBADMSG;
}

int vault_get(struct vault *vault, struct bytes name, size_t most, struct buffer *content)
{
    char path[4096];
    int error = path_make(vault, name, "", path);
    FILE *from = error ? NULL : fopen(path, "rbe");
    if (!from)
        return error ? error : -errno;
    error = unseal(vault, name, most, from, content);
    fclose(from);
    if (error)
        buffer_clear(content);
    return error;
}
