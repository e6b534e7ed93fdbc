#include "detect/detector.h"
#include "detect/normal.h"

const struct detector *const detectors[] = {
    &detector_normal,
    NULL,
};
