#include "store/token.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

static int token_write(int file, struct token *ret_token)
{
    unsigned char random[TOKEN_SIZE / 2];
    struct token token;

    if (sodium_init() < 0)
        return -EIO;
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(token.text, sizeof token.text, random, sizeof random);
    if (write(file, token.text, TOKEN_SIZE) != TOKEN_SIZE || fsync(file) < 0)
        return errno ? -errno : -EIO;
    *ret_token = token;
    return 0;
}

static int token_read(int file, struct token *ret_token)
{
    struct stat status;
    struct token token = {0};

    if (fstat(file, &status) < 0)
        return -errno;
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return -EPERM;
    if (read(file, token.text, TOKEN_SIZE) != TOKEN_SIZE)
        return -EINVAL;
    for (size_t i = 0; i < TOKEN_SIZE; i++)
        if (!strchr("0123456789abcdef", token.text[i]))
            return -EINVAL;
    *ret_token = token;
    return 0;
}

int token_load(const char *path, struct token *ret_token)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool fresh = file < 0 && errno == ENOENT;
    int error;

    if (fresh)
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return -errno;
    error = fresh ? token_write(file, ret_token) : token_read(file, ret_token);
    close(file);
    if (fresh && error < 0)
        unlink(path);
    return error;
}

bool token_equal(const struct token *token, struct bytes offered)
{
    return offered.len == TOKEN_SIZE && sodium_memcmp(token->text, offered.at, TOKEN_SIZE) == 0;
}
