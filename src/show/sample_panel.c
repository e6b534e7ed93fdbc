#include "show/sample_panel.h"

const struct sample_panel *const sample_panels[] = {
    &sample_panel_packer, &sample_panel_apk, &sample_panel_capability,
    &sample_panel_family, &sample_panel_ioc, NULL,
};
