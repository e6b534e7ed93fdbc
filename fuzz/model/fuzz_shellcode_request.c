/* What comes over the helper's pipe is a request or refused; a request says the same again. */
#include "model/shellcode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct shellcode_request request = {0};
    struct shellcode_request again = {0};
    struct buffer out = {0};
    if (shellcode_request_take((struct bytes){(const char *)at, length}, &request) != 0)
        return request.code.at ? (abort(), 0) : 0;
    shellcode_request_put(&request, &out);
    if (out.failed || shellcode_request_take(bytes_from(buffer_bytes(&out), 4), &again) != 0 ||
        !bytes_equal(request.code, again.code))
        abort();
    buffer_finish(&out);
    return 0;
}
