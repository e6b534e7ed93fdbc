#include "detect/darknet/source.h"

const char *const source_feature_names[SOURCE_FEATURE_COUNT] = {
#define X(name) #name,
    SOURCE_FEATURES(X)
#undef X
};

const char *const source_class_names[SOURCE_CLASS_COUNT] = {
#define X(name) #name,
    SOURCE_CLASSES(X)
#undef X
};
