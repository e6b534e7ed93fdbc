/*
 * observe/darknet_check.h -- whether what darknet.yaml says of organisations fits together.
 */
#ifndef OBSERVE_DARKNET_CHECK_H
#define OBSERVE_DARKNET_CHECK_H

#include "model/darknet_configuration.h"

/*
 * No name and no prefix belongs to two, and unused addresses lie within the
 * organisation's own. -EINVAL with the reason and the culprit's place in the
 * list (of two, the second); -ENOMEM, -ENOSPC.
 */
int darknet_check_organisations(const struct darknet_configuration *configuration,
                                uint32_t *ret_culprit, const char **ret_why)
    __attribute__((warn_unused_result));

#endif
