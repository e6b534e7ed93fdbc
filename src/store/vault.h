/*
 * store/vault.h -- samples themselves, encrypted: DATA/samples/SHA256, under the key in
 * DATA/samples.key.
 *
 * A file is sealed in pieces by libsodium's secretstream (XChaCha20-Poly1305), so that one that was
 * changed, cut or moved under another name is not opened. No scanner of the machine finds malware
 * on its disk, and nobody starts it by mistake. Without the key the files are noise: keep it
 * elsewhere if the disk may be taken. The key file is a token (store/token.h), readable by its
 * owner alone.
 */
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "base/buffer.h"

struct vault;

/*
 * The vault of a store; the key is made when there is none. -EPERM: others may read the key file;
 * -EINVAL: it holds no key; -errno.
 */
int vault_open(const char *folder, struct vault **ret_vault) __attribute__((warn_unused_result));

/* `name`: the SHA-256 of `content`, hexadecimal. What is there already stays. -errno. */
int vault_put(struct vault *vault, struct bytes name, struct bytes content)
    __attribute__((warn_unused_result));

/* Into an empty buffer. -ENOENT; -EBADMSG: not what was put, or another key; -EFBIG beyond `most`.
 */
int vault_get(struct vault *vault, struct bytes name, size_t most, struct buffer *content)
    __attribute__((warn_unused_result));

void vault_close(struct vault *vault);

#endif
