#include "analyse/android/app_hints.h"

/* A method that matters, and what for. */
enum interest {
    INTEREST_NONE,
    INTEREST_CIPHER,
    INTEREST_DIGEST,
    INTEREST_KEY,
    INTEREST_VECTOR,
    INTEREST_SEED,
    INTEREST_BYTES, /* makes bytes from a text */
    INTEREST_HOSTS,
    INTEREST_PROCEED,
    INTEREST_FILE,
    INTEREST_SCRIPTS,
    INTEREST_BRIDGE,
    INTEREST_FILES_OPEN,
    INTEREST_WEB_DEBUG,
    INTEREST_COMMAND,
};

static const struct {
    const char *class; /* NULL: any, since an application's own class inherits it */
    const char *name;
    enum interest interest;
} interests[] = {
    {"Ljavax/crypto/Cipher;", "getInstance", INTEREST_CIPHER},
    {"Ljava/security/MessageDigest;", "getInstance", INTEREST_DIGEST},
    {"Ljavax/crypto/spec/SecretKeySpec;", "<init>", INTEREST_KEY},
    {"Ljavax/crypto/spec/DESKeySpec;", "<init>", INTEREST_KEY},
    {"Ljavax/crypto/spec/PBEKeySpec;", "<init>", INTEREST_KEY},
    {"Ljavax/crypto/spec/IvParameterSpec;", "<init>", INTEREST_VECTOR},
    {"Ljava/security/SecureRandom;", "setSeed", INTEREST_SEED},
    {"Ljava/security/SecureRandom;", "<init>", INTEREST_SEED},
    {"Ljava/lang/String;", "getBytes", INTEREST_BYTES},
    {"Ljava/lang/String;", "toCharArray", INTEREST_BYTES},
    {"Landroid/util/Base64;", "decode", INTEREST_BYTES},
    {"Lorg/apache/http/conn/ssl/AllowAllHostnameVerifier;", "<init>", INTEREST_HOSTS},
    {"Landroid/webkit/SslErrorHandler;", "proceed", INTEREST_PROCEED},
    {NULL, "openFileOutput", INTEREST_FILE},
    {NULL, "getSharedPreferences", INTEREST_FILE},
    {NULL, "openOrCreateDatabase", INTEREST_FILE},
    {"Landroid/webkit/WebSettings;", "setJavaScriptEnabled", INTEREST_SCRIPTS},
    {NULL, "addJavascriptInterface", INTEREST_BRIDGE},
    {"Landroid/webkit/WebSettings;", "setAllowFileAccessFromFileURLs", INTEREST_FILES_OPEN},
    {"Landroid/webkit/WebSettings;", "setAllowUniversalAccessFromFileURLs", INTEREST_FILES_OPEN},
    {"Landroid/webkit/WebView;", "setWebContentsDebuggingEnabled", INTEREST_WEB_DEBUG},
    {"Ljava/lang/Runtime;", "exec", INTEREST_COMMAND},
};

static const char *const kind_names[HINT_KINDS] = {
    [HINT_CIPHER] = "cipher",
    [HINT_DIGEST] = "digest",
    [HINT_KEY_FIXED] = "fixed-key",
    [HINT_VECTOR_FIXED] = "fixed-vector",
    [HINT_SEED_FIXED] = "fixed-seed",
    [HINT_TRUSTS_ALL] = "trusts-all",
    [HINT_HOSTS_ALL] = "any-host-name",
    [HINT_ERRORS_PASSED] = "errors-passed",
    [HINT_FILE_READABLE] = "file-readable",
    [HINT_FILE_WRITABLE] = "file-writable",
    [HINT_SCRIPTS] = "scripts",
    [HINT_BRIDGE] = "script-bridge",
    [HINT_FILES_OPEN] = "files-open-to-scripts",
    [HINT_WEB_DEBUGGED] = "web-debugging",
    [HINT_COMMAND] = "command",
};

const char *app_hint_kind_name(enum hint_kind kind)
{
    return kind_names[kind];
}

static enum interest interest_of(const struct dex_member *method)
{
    for (size_t i = 0; i < sizeof(interests) / sizeof(interests[0]); i++)
        if (bytes_equal(method->name, bytes_of(interests[i].name)) &&
            (!interests[i].class || bytes_equal(method->class, bytes_of(interests[i].class))))
            return interests[i].interest;
    return INTEREST_NONE;
}

const uint8_t *hint_interests(const struct dex *dex, struct arena *arena)
{
    uint8_t *by_method = arena_take(arena, (size_t)dex->methods.count + 1);
    for (uint32_t i = 0; by_method && i < dex->methods.count; i++) {
        struct dex_member method = dex_method_reference(dex, i);
        by_method[i] = (uint8_t)interest_of(&method);
    }
    return by_method;
}

static void hint_add(struct hint_walk *walk, enum hint_kind kind, struct bytes value)
{
    struct hints *hints = walk->hints;
    for (uint32_t i = 0; i < hints->count; i++)
        if (hints->items[i].kind == kind && bytes_equal(hints->items[i].value, value)) {
            hints->items[i].count++;
            return;
        }
    if (hints->count == CODE_HINTS)
        hints->dropped++;
    else
        hints->items[hints->count++] = (struct app_hint){kind, value, walk->class, walk->name, 1};
}

/* What the n-th argument is known to be. Numbers of 64 bits take two registers. */
static const struct register_value *argument(const struct hint_walk *walk,
                                             const struct dex_instruction *call, uint16_t n)
{
    static const struct register_value unknown = {VALUE_UNKNOWN, 0, {"", 0}};
    if (n >= call->arguments || n >= 5 || call->argument[n] >= HINT_REGISTERS)
        return &unknown;
    return &walk->registers[call->argument[n]];
}

static bool is_number(const struct register_value *value, int64_t bits)
{
    return value->kind == VALUE_NUMBER && (value->number & bits) == bits;
}

/* An array or text that stands in the code. */
static bool is_fixed(const struct register_value *value)
{
    return value->kind == VALUE_FIXED || value->kind == VALUE_TEXT;
}

static void file_look(struct hint_walk *walk, const struct dex_instruction *call)
{
    const struct register_value *mode = argument(walk, call, 2), *name = argument(walk, call, 1);
    struct bytes text = name->kind == VALUE_TEXT ? name->text : BYTES("");
    if (is_number(mode, 1))
        hint_add(walk, HINT_FILE_READABLE, text);
    if (is_number(mode, 2))
        hint_add(walk, HINT_FILE_WRITABLE, text);
}

static void text_look(struct hint_walk *walk, const struct register_value *value,
                      enum hint_kind kind)
{
    if (value->kind == VALUE_TEXT)
        hint_add(walk, kind, value->text);
}

/* Bytes that a text in the code is turned into are as fixed as the text. */
static void bytes_look(struct hint_walk *walk, const struct dex_instruction *call)
{
    if (is_fixed(argument(walk, call, 0)))
        walk->result.kind = VALUE_FIXED;
}

static void call_look(struct hint_walk *walk, const struct dex_instruction *call,
                      enum interest interest)
{
    const struct register_value *first = argument(walk, call, 1);
    switch (interest) {
    case INTEREST_NONE:
        return;
    case INTEREST_CIPHER:
        text_look(walk, argument(walk, call, 0), HINT_CIPHER);
        return;
    case INTEREST_DIGEST:
        text_look(walk, argument(walk, call, 0), HINT_DIGEST);
        return;
    case INTEREST_COMMAND:
        text_look(walk, first, HINT_COMMAND);
        return;
    case INTEREST_BYTES:
        bytes_look(walk, call);
        return;
    case INTEREST_FILE:
        file_look(walk, call);
        return;
    case INTEREST_HOSTS:
        hint_add(walk, HINT_HOSTS_ALL, BYTES(""));
        return;
    case INTEREST_BRIDGE:
        hint_add(walk, HINT_BRIDGE, BYTES(""));
        return;
    case INTEREST_PROCEED:
        if (bytes_equal(walk->name, BYTES("onReceivedSslError")))
            hint_add(walk, HINT_ERRORS_PASSED, BYTES(""));
        return;
    case INTEREST_KEY:
    case INTEREST_VECTOR:
    case INTEREST_SEED:
        if (is_fixed(first) || (interest == INTEREST_SEED && first->kind == VALUE_NUMBER))
            hint_add(walk,
                     interest == INTEREST_KEY      ? HINT_KEY_FIXED
                     : interest == INTEREST_VECTOR ? HINT_VECTOR_FIXED
                                                   : HINT_SEED_FIXED,
                     BYTES(""));
        return;
    case INTEREST_SCRIPTS:
    case INTEREST_FILES_OPEN:
        if (is_number(first, 1))
            hint_add(walk, interest == INTEREST_SCRIPTS ? HINT_SCRIPTS : HINT_FILES_OPEN,
                     BYTES(""));
        return;
    case INTEREST_WEB_DEBUG:
        if (is_number(argument(walk, call, 0), 1))
            hint_add(walk, HINT_WEB_DEBUGGED, BYTES(""));
        return;
    }
}

/* An array given to a method may come back with something else in it. */
static void arrays_forget(struct hint_walk *walk, const struct dex_instruction *call)
{
    for (uint16_t i = 0; i < call->arguments && i < 5; i++)
        if (call->argument[i] < HINT_REGISTERS &&
            walk->registers[call->argument[i]].kind == VALUE_FIXED)
            walk->registers[call->argument[i]].kind = VALUE_UNKNOWN;
}

static void call_step(struct hint_walk *walk, const struct dex_instruction *call)
{
    walk->result.kind = VALUE_UNKNOWN;
    if (call->index < walk->dex->methods.count)
        call_look(walk, call, (enum interest)walk->interests[call->index]);
    arrays_forget(walk, call);
}

/* What is known of a register after it was written to. */
static struct register_value value_written(const struct hint_walk *walk,
                                           const struct dex_instruction *by)
{
    struct register_value value = {VALUE_UNKNOWN, 0, {"", 0}};
    switch (by->opcode) {
    case OPCODE_CONST_STRING:
    case OPCODE_CONST_STRING_JUMBO:
        value.kind = VALUE_TEXT;
        value.text = dex_string(walk->dex, by->index);
        break;
    case OPCODE_NEW_ARRAY: /* all zero, until somebody writes to it */
        value.kind = VALUE_FIXED;
        break;
    case OPCODE_MOVE_RESULT_OBJECT:
        return walk->result;
    default:
        if (by->opcode >= OPCODE_CONST_4 && by->opcode <= OPCODE_CONST_HIGH) {
            value.kind = VALUE_NUMBER;
            value.number = by->literal;
        } else if (by->opcode <= OPCODE_MOVE_OBJECT_16 && by->b < HINT_REGISTERS) {
            value = walk->registers[by->b];
        }
    }
    return value;
}

static void hosts_look(struct hint_walk *walk, const struct dex_instruction *instruction)
{
    struct dex_member field = dex_field_reference(walk->dex, instruction->index);
    if (bytes_equal(field.name, BYTES("ALLOW_ALL_HOSTNAME_VERIFIER")))
        hint_add(walk, HINT_HOSTS_ALL, BYTES(""));
}

void hint_step(struct hint_walk *walk, const struct dex_instruction *instruction)
{
    uint8_t opcode = instruction->opcode;
    if (dex_invokes(opcode)) {
        call_step(walk, instruction);
        return;
    }
    if (opcode == OPCODE_SGET_OBJECT)
        hosts_look(walk, instruction);
    if (opcode >= 0x4b && opcode <= 0x51 && instruction->a < HINT_REGISTERS &&
        instruction->b < HINT_REGISTERS && walk->registers[instruction->a].kind != VALUE_NUMBER)
        walk->registers[instruction->b].kind = VALUE_UNKNOWN;
    if (!dex_writes(opcode) || instruction->a >= HINT_REGISTERS)
        return;
    walk->registers[instruction->a] = value_written(walk, instruction);
    if (dex_writes_wide(opcode) && instruction->a + 1 < HINT_REGISTERS)
        walk->registers[instruction->a + 1].kind = VALUE_UNKNOWN;
}

/* What a method that only checks does without checking: return at once, or say yes. */
static void checks_look(struct hint_walk *walk, struct bytes prototype, struct dex_code code)
{
    struct dex_instruction first, second;
    if (!dex_code_next(&code, &first))
        return;
    if (bytes_equal(walk->name, BYTES("checkServerTrusted")) && first.opcode == OPCODE_RETURN_VOID)
        hint_add(walk, HINT_TRUSTS_ALL, BYTES(""));
    if (bytes_equal(walk->name, BYTES("verify")) &&
        bytes_equal(prototype, BYTES("(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z")) &&
        first.opcode == OPCODE_CONST_4 && first.literal == 1 && dex_code_next(&code, &second) &&
        second.opcode == OPCODE_RETURN)
        hint_add(walk, HINT_HOSTS_ALL, BYTES(""));
}

void hint_start(struct hint_walk *walk, struct bytes class, struct bytes name, uint32_t prototype,
                struct dex_code code)
{
    walk->class = class;
    walk->name = name;
    walk->result.kind = VALUE_UNKNOWN;
    uint16_t used = code.registers < HINT_REGISTERS ? code.registers : HINT_REGISTERS;
    memset(walk->registers, 0, used * sizeof(walk->registers[0]));
    if (!bytes_equal(name, BYTES("verify")) && !bytes_equal(name, BYTES("checkServerTrusted")))
        return;
    struct buffer text = {0};
    dex_prototype_put(walk->dex, prototype, &text);
    checks_look(walk, buffer_bytes(&text), code);
    buffer_finish(&text);
}
