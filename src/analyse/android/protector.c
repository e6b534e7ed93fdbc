#include "analyse/android/protector.h"

/* Names of files, as they end, and of classes, as they start. */
struct mark {
    const char *protector, *text;
};

static const struct mark file_marks[] = {
    {"Bangcle", "/libsecexe.so"},
    {"Bangcle", "/libsecmain.so"},
    {"Bangcle", "/bangcle_classes.jar"},
    {"SecNeo", "/libDexHelper.so"},
    {"SecNeo", "/libDexHelper-x86.so"},
    {"Qihoo 360 Jiagu", "/libjiagu.so"},
    {"Qihoo 360 Jiagu", "/libjiagu_x86.so"},
    {"Qihoo 360 Jiagu", "/libprotectClass.so"},
    {"Tencent Legu", "/libtup.so"},
    {"Tencent Legu", "/libshell.so"},
    {"Tencent Legu", "/libshella.so"},
    {"Tencent Legu", "/mix.dex"},
    {"Baidu", "/libbaiduprotect.so"},
    {"Ijiami", "/libexecmain.so"},
    {"Ijiami", "/ijiami.ajm"},
    {"Ijiami", "/ijiami.dat"},
    {"Alibaba", "/libmobisec.so"},
    {"Alibaba", "/libpreverify1.so"},
    {"APKProtect", "/libAPKProtect.so"},
    {"NAGA", "/libchaosvmp.so"},
    {"NAGA", "/libddog.so"},
    {"NAGA", "/libfdog.so"},
    {"NQ Shield", "/libnqshield.so"},
    {"NQ Shield", "/nqshield"},
    {"DexProtector", "/libdexprotector.so"},
    {"DexProtector", "/classes.dex.dat"},
    {"Kiro", "/libkiroro.so"},
    {"Kiro", "/sbox"},
    {"AppGuard", "/libAppGuard.so"},
    {"AppSealing", "/libcovault-appsec.so"},
    {"AppSealing", "/libcovault.so"},
    {"LIAPP", "/LIAPPClient.sc"},
    {"Yidun", "/libnesec.so"},
    {"Promon", "/libshield.so"},
    {"Vkey", "/libvosWrapperEx.so"},
};

static const struct mark class_marks[] = {
    {"Qihoo 360 Jiagu", "Lcom/stub/StubApp;"},   {"Qihoo 360 Jiagu", "Lcom/qihoo/util/StubApp"},
    {"Tencent Legu", "Lcom/tencent/StubShell/"}, {"Baidu", "Lcom/baidu/protect/StubApplication;"},
    {"Bangcle", "Lcom/bangcle/protect/"},        {"Bangcle", "Lcom/secapk/wrapper/"},
    {"SecNeo", "Lcom/secneo/apkwrapper/"},       {"SecNeo", "Lcom/SecShell/SecShell/"},
    {"Ijiami", "Lcom/shell/SuperApplication;"},  {"Ijiami", "Ls/h/e/l/l/S;"},
    {"Alibaba", "Lcom/ali/mobisecenhance/"},     {"NQ Shield", "Lcom/nqshield/"},
    {"Yidun", "Lcom/netease/nis/wrapper/"},      {"LIAPP", "Lcom/lockincomp/liapp/"},
    {"Medusah", "Lcom/seworks/medusah/"},
};

/* What an application can load code by. */
static const struct {
    const char *class, *name;
} loaders[] = {
    {"Ldalvik/system/", NULL},
    {"Ljava/lang/System;", "load"},
    {"Ljava/lang/System;", "loadLibrary"},
    {"Ljava/lang/Runtime;", "load"},
};

static bool file_look(const struct zip_directory *directory, struct protector *protector)
{
    for (uint32_t i = 0; i < directory->count; i++) {
        struct bytes name = directory->entries[i].name;
        for (size_t j = 0; j < sizeof(file_marks) / sizeof(file_marks[0]); j++)
            if (bytes_end(name, bytes_of(file_marks[j].text))) {
                *protector = (struct protector){
                    .answer = PROTECTOR_KNOWN, .name = file_marks[j].protector, .evidence = name};
                return true;
            }
    }
    return false;
}

static bool class_look(struct bytes class, struct protector *protector)
{
    for (size_t i = 0; i < sizeof(class_marks) / sizeof(class_marks[0]); i++)
        if (bytes_start(class, bytes_of(class_marks[i].text))) {
            *protector = (struct protector){
                .answer = PROTECTOR_KNOWN, .name = class_marks[i].protector, .evidence = class};
            return true;
        }
    return false;
}

/* "org.example.Main" and "Lorg/example/Main;". */
static bool is_class(struct bytes descriptor, struct bytes name)
{
    if (descriptor.len != name.len + 2 || descriptor.at[0] != 'L')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (descriptor.at[i + 1] != (name.at[i] == '.' ? '/' : name.at[i]))
            return false;
    return true;
}

static bool can_load(const struct app_code *code)
{
    for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
        if (app_call_find(code, loaders[i].class, loaders[i].name))
            return true;
    return false;
}

/* Marks which components have a class; an alias has none of its own. */
static void components_count(const struct manifest *manifest, const struct dex *files,
                             uint32_t count, struct protector *protector)
{
    bool there[PROTECTOR_COMPONENTS] = {false};
    uint32_t most = manifest->component_count < PROTECTOR_COMPONENTS ? manifest->component_count
                                                                     : PROTECTOR_COMPONENTS;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < files[i].classes.count; j++) {
            struct bytes class = dex_class_at(&files[i], j).name;
            for (uint32_t k = 0; k < most; k++)
                there[k] |= is_class(class, manifest->components[k].name);
        }
    for (uint32_t k = 0; k < most; k++) {
        if (manifest->components[k].kind == COMPONENT_ALIAS)
            continue;
        protector->components++;
        if (!there[k] && protector->missing++ == 0)
            protector->evidence = manifest->components[k].name;
    }
}

struct protector protector_find(const struct zip_directory *directory,
                                const struct manifest *manifest, const struct dex *files,
                                uint32_t count, const struct app_code *code)
{
    struct protector protector = {.evidence = {"", 0}};
    if (directory && file_look(directory, &protector))
        return protector;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < files[i].classes.count; j++)
            if (class_look(dex_class_at(&files[i], j).name, &protector))
                return protector;
    if (manifest && count)
        components_count(manifest, files, count, &protector);
    if (protector.missing && 2 * protector.missing >= protector.components && can_load(code))
        protector.answer = PROTECTOR_UNKNOWN;
    return protector;
}
