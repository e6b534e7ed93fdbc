/*
 * Serialized objects that run a command when they are read back: Java, PHP, Python's pickle and
 * YAML, .NET, node-serialize. The strings of the stream are taken by the format's own marks; those
 * that are commands say what to look for.
 */
#include <errno.h>

#include "triage/attack/words.h"
#include "triage/decode/coding.h"

enum { STRING_LONGEST = 2048 };

static bool holds(struct bytes text, const char *word)
{
    return memmem(text.at, text.len, word, strlen(word)) != NULL;
}

/* Names of classes and methods, which are no commands. */
static bool is_name(struct bytes word)
{
    static const char *const names[] = {"exec",  "getRuntime", "invoke", "getMethod",  "system",
                                        "popen", "os",         "posix",  "subprocess", "Popen",
                                        "call",  "value",      "foo",    "args",       "code",
                                        "run",   "start",      "nt",     NULL};
    for (int i = 0; names[i]; i++)
        if (bytes_equal(word, bytes_of(names[i])))
            return true;
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] < ' ' || word.at[i] > '~')
            return true; /* no text at all */
    return word.len < 2 || bytes_start(word, BYTES("java")) || bytes_start(word, BYTES("org.")) ||
           bytes_start(word, BYTES("com.")) || bytes_start(word, BYTES("sun.")) ||
           word.at[0] == '[' || word.at[0] == '(' || word.at[word.len - 1] == ';';
}

static void word_add(struct words *words, struct bytes text, size_t from, size_t len)
{
    if (len == 0 || len > STRING_LONGEST || from > text.len || len > text.len - from)
        return;
    struct bytes word = {text.at + from, len};
    if (!is_name(word))
        words_add(words, word);
}

static size_t byte_at(struct bytes text, size_t i)
{
    return (uint8_t)text.at[i];
}

/* TC_STRING of Java's streams and constants of the classes in them: a mark, two bytes of length. */
static void java_strings(struct words *words, struct bytes text)
{
    for (size_t i = 0; i + 3 < text.len; i++)
        if (text.at[i] == 't' || text.at[i] == 1)
            word_add(words, text, i + 3, byte_at(text, i + 1) << 8 | byte_at(text, i + 2));
}

/* Strings of pickle: SHORT_BINUNICODE, BINUNICODE, SHORT_BINSTRING; quoted or plain lines. */
static void pickle_strings(struct words *words, struct bytes text)
{
    for (size_t i = 0; i + 5 < text.len; i++) {
        char c = text.at[i];
        if (c == '\x8c' || c == 'U')
            word_add(words, text, i + 2, byte_at(text, i + 1));
        else if (c == 'X')
            word_add(words, text, i + 5, byte_at(text, i + 1) | byte_at(text, i + 2) << 8);
        if (c != 'S' && c != 'V')
            continue;
        const char *end = memchr(text.at + i, '\n', text.len - i);
        size_t len = end ? (size_t)(end - text.at) - i - 1 : text.len - i - 1;
        bool quote = text.at[i + 1] == '\'' || text.at[i + 1] == '"';
        if (quote == (c == 'S') && len > 2)
            word_add(words, text, i + 1 + quote, len - (quote ? 2 : 0));
    }
}

/* s:N:"…" of PHP. */
static void php_strings(struct words *words, struct bytes text)
{
    for (size_t i = 0; i + 5 < text.len; i++) {
        if (text.at[i] != 's' || text.at[i + 1] != ':')
            continue;
        size_t at = i + 2, len = 0;
        while (at < text.len && text.at[at] >= '0' && text.at[at] <= '9' && len < STRING_LONGEST)
            len = len * 10 + (size_t)(text.at[at++] - '0');
        if (at + 2 < text.len && text.at[at] == ':' && text.at[at + 1] == '"')
            word_add(words, text, at + 2, len);
    }
}

/* Everything in quotes. */
static void quoted_strings(struct words *words, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '"' && text.at[i] != '\'')
            continue;
        const char *end = memchr(text.at + i + 1, text.at[i], text.len - i - 1);
        if (!end)
            return;
        word_add(words, text, i + 1, (size_t)(end - text.at) - i - 1);
        i = (size_t)(end - text.at);
    }
}

/* Streams come in base64 or as digits, which layers do not unfold because they are no text. */
static int stream_unwrap(struct bytes text, struct arena *arena, struct bytes *ret_stream)
{
    size_t len = 0;
    *ret_stream = text;
    bool base64 = bytes_start(text, BYTES("rO0AB")) || bytes_start(text, BYTES("gAS")) ||
                  bytes_start(text, BYTES("gAN")) || bytes_start(text, BYTES("AAEAAAD"));
    bool digits = bytes_start(text, BYTES("aced0005")) || bytes_start(text, BYTES("ACED0005"));
    if (!base64 && !digits)
        return 0;
    char *out = arena_take(arena, text.len + 4);
    if (!out)
        return -ENOMEM;
    if (base64)
        (void)base64_step(text, out, &len);
    else
        (void)hexadecimal_step(text, out, &len);
    if (len)
        *ret_stream = (struct bytes){out, len};
    return 0;
}

static int object_look(const struct suspicion *suspicion)
{
    struct words words = {0};
    struct bytes text;
    int error = stream_unwrap(suspicion_text(suspicion), suspicion->arena, &text);
    if (error)
        return error;
    bool java = bytes_start(text, BYTES("\xac\xed\x00\x05"));
    bool pickle = holds(text, "cos\nsystem") || holds(text, "cposix\nsystem") ||
                  holds(text, "csubprocess\n") || holds(text, "c__builtin__\neval") ||
                  bytes_start(text, BYTES("\x80\x04")) || bytes_start(text, BYTES("\x80\x03"));
    bool php = holds(text, "O:") && holds(text, ":{");
    bool network = holds(text, "ObjectDataProvider") || holds(text, "System.Diagnostics.Process") ||
                   bytes_start(text, BYTES("\x00\x01\x00\x00\x00\xff\xff\xff\xff"));
    if (java)
        java_strings(&words, text);
    else if (pickle)
        pickle_strings(&words, text);
    else if (holds(text, "_$$ND_FUNC$$_"))
        words_of_calls(&words, text);
    else if (holds(text, "!!python/") || holds(text, "!!javax.") || network)
        quoted_strings(&words, text);
    else if (php)
        php_strings(&words, text);
    else
        return 0;
    bool runs = !php || java || pickle; /* objects of PHP are sent by honest sites as well */
    return words_try(suspicion, &words, ATTACK_deserialisation, 0.93, runs);
}

static const char *const object_marks[] = {
    "rO0AB",
    "aced0005",
    "\\xac\\xed\\x00\\x05",
    "O:\\d+:\"[^\"]+\":\\d+:\\{",
    "c(os|posix|nt)\\nsystem",
    "csubprocess\\n",
    "c__builtin__\\neval",
    "\\x80[\\x03\\x04]",
    "^gA[SN]",
    "!!python/object",
    "!!javax\\.script",
    "_\\$\\$ND_FUNC\\$\\$_",
    "ObjectDataProvider",
    "System\\.Diagnostics\\.Process",
    "AAEAAAD/////",
    NULL,
};

const struct recogniser object_recogniser = {
    .name = "object",
    .places = PLACES_PARAMETERS | PLACE_BIT(body) | PLACE_BIT(header) | PLACE_BIT(stream),
    .marks = object_marks,
    .look = object_look,
};
