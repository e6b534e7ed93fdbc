#include "analyse/sample/digest.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

static void hexadecimal(const uint8_t *digest, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * len] = '\0';
}

void sample_digest_make(struct bytes content, struct sample_digest *ret_digest)
{
    const uint8_t *at = (const uint8_t *)(content.len ? content.at : "");
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha256;
    struct sha1_ctx sha1;
    struct md5_ctx md5;
    sha256_init(&sha256);
    sha256_update(&sha256, content.len, at);
    sha256_digest(&sha256, SHA256_DIGEST_SIZE, digest);
    hexadecimal(digest, SHA256_DIGEST_SIZE, ret_digest->sha256);
    sha1_init(&sha1);
    sha1_update(&sha1, content.len, at);
    sha1_digest(&sha1, SHA1_DIGEST_SIZE, digest);
    hexadecimal(digest, SHA1_DIGEST_SIZE, ret_digest->sha1);
    md5_init(&md5);
    md5_update(&md5, content.len, at);
    md5_digest(&md5, MD5_DIGEST_SIZE, digest);
    hexadecimal(digest, MD5_DIGEST_SIZE, ret_digest->md5);
}

bool sample_digest_is(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.at[i] >= '0' && text.at[i] <= '9') ||
              (ascii_lower(text.at[i]) >= 'a' && ascii_lower(text.at[i]) <= 'f')))
            return false;
    return text.len == 64 || text.len == 40 || text.len == 32;
}
