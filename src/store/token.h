/*
 * store/token.h -- a secret in a file: what opens the API, what opens the samples that are kept.
 *
 * Made when it is first needed from the system's random source and kept in a file
 * only its owner may read. Whoever can read the file can do what it is for.
 */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "base/bytes.h"

enum { TOKEN_SIZE = 64 }; /* hexadecimal digits: 256 bits */

struct token {
    char text[TOKEN_SIZE + 1];
};

/*
 * Read the token in `path`, or make one and write it there (mode 0600).
 * -EINVAL: the file holds no token; -EPERM: others may read it; -errno otherwise.
 */
int token_load(const char *path, struct token *ret_token) __attribute__((warn_unused_result));

/* Whether `offered` is the token; takes the same time wherever they differ. */
bool token_equal(const struct token *token, struct bytes offered);

#endif
