/* The sample application of test/android/sample, as the fuzz targets' seeds hold it. */
#ifndef TEST_ANALYSE_ANDROID_SEED_H
#define TEST_ANALYSE_ANDROID_SEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"

/* The caller frees it. */
static inline struct bytes seed_read(const char *name)
{
    char path[4096], *content = malloc(1 << 16);
    snprintf(path, sizeof(path), "%s/fuzz/analyse/%s", SOURCE_ROOT, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_non_null(content);
    size_t len = fread(content, 1, 1 << 16, file);
    fclose(file);
    assert_true(len > 0 && len < 1 << 16);
    return (struct bytes){content, len};
}

#endif
