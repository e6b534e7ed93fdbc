#include "learn/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(const char *name, const struct library_symbol *symbols, size_t count)
{
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; i < count; i++)
        if (!library || !dlsym(library, symbols[i].name))
            return false;
    for (size_t i = 0; i < count; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        memcpy(symbols[i].pointer, &symbol, sizeof(symbol)); /* C has no cast for this */
    }
    return true;
}
