/*
 * show/member_tokens.h -- organisations' own secrets, each for its own contacts.
 *
 * DATA/tokens/NAME holds the token of the organisation NAME, as store/token.h
 * has it. A token made while the server runs counts from the next request on:
 * the folder is read again when it changed. At most MEMBER_TOKENS are read.
 */
#ifndef SHOW_MEMBER_TOKENS_H
#define SHOW_MEMBER_TOKENS_H

#include "model/darknet_configuration.h"
#include "store/token.h"

enum { MEMBER_TOKENS = ORGANISATION_LIMIT };

struct member_tokens;

/* -ENOMEM, -ENAMETOOLONG. Without the folder there are no tokens yet. */
int member_tokens_open(const char *data, struct member_tokens **ret_tokens)
    __attribute__((warn_unused_result));

/*
 * Whose token is `offered`? The name goes into `name`. False: nobody's. Compares
 * with all of them, whichever fits. From any thread.
 */
bool member_tokens_find(struct member_tokens *tokens, struct bytes offered,
                        char name[ORGANISATION_NAME_SIZE]);

void member_tokens_close(struct member_tokens *tokens);

/*
 * Read or make the token of an organisation. -EINVAL: not a name of an
 * organisation, or its file holds no token; else as token_load.
 */
int member_token_load(const char *data, const char *name, struct token *ret_token)
    __attribute__((warn_unused_result));

#endif
