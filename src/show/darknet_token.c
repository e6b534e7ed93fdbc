/* hinomi darknet token: the secret that opens an organisation's own contacts. */
#include <errno.h>
#include <stdio.h>

#include "show/member_tokens.h"
#include "show/options.h"
#include "show/verb.h"

int darknet_token(int argc, char **argv)
{
    const char *data = OPTION_DATA_DEFAULT;
    int count, status;
    const struct option_entry entries[] = {
        OPTION_DATA(&data),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "darknet token",
        .arguments = "ORGANISATION [options]",
        .does = "Prints the token of an organisation, made when there is none. With it the API and"
                " the console\nshow that organisation's contacts and nothing else. Remove"
                " DIR/tokens/ORGANISATION to withdraw it.",
        .example = "hinomi darknet token 'Example University' --data hinomi-data",
        .options = entries,
        .least = 1,
        .most = 1,
    };
    struct token token;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    int error = member_token_load(data, argv[1], &token);
    if (error == 0)
        printf("%s\n", token.text);
    else if (error == -EPERM)
        fprintf(stderr, "hinomi darknet token: others may read %s/tokens/%s; chmod 600 it\n", data,
                argv[1]);
    else if (error == -EINVAL)
        fprintf(stderr,
                "hinomi darknet token: '%s' is no organisation's name, or its file holds no"
                " token\n",
                argv[1]);
    else
        fprintf(stderr, "hinomi darknet token: %s/tokens: %s\n", data, strerror(-error));
    return error ? EXIT_FAILED : EXIT_OK;
}
