/* What is signed by which scheme; the JAR's own. */
#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/pkcs7.h>

#include "analyse/android/signature_inside.h"
#include "base/cursor.h"

const char *scheme_name(enum scheme scheme)
{
    static const char *const names[SCHEMES] = {"v1", "v2", "v3", "v3.1"};
    return names[scheme];
}

struct signer *signer_add(struct signatures *signatures, enum scheme scheme, struct notes *notes)
{
    signatures->schemes[scheme] = true;
    if (signatures->count == SIGNERS) {
        note_add(notes, "there are too many signers: not all are read", BYTES("signature"));
        return NULL;
    }
    struct signer *signer = &signatures->signers[signatures->count++];
    *signer = (struct signer){.scheme = scheme, .why = "its signature was not verified"};
    return signer;
}

/* ---- scheme 1 ---- */

/* Which of the certificates made a signature: the one of its issuer and serial number. */
static int jar_certificate(gnutls_pkcs7_t pkcs7, const gnutls_pkcs7_signature_info_st *info,
                           struct arena *arena, struct signer *signer)
{
    int count = gnutls_pkcs7_get_crt_count(pkcs7), error = 0;
    signer->chain = count > 0 ? (uint32_t)count : 0;
    for (int i = 0; i < count && !error; i++) {
        gnutls_datum_t raw;
        uint8_t serial[64];
        size_t len = sizeof(serial);
        gnutls_x509_crt_t parsed;
        if (gnutls_pkcs7_get_crt_raw2(pkcs7, (unsigned)i, &raw) < 0)
            continue;
        bool same = i == 0; /* where no serial number fits, the first will do */
        if (gnutls_x509_crt_init(&parsed) >= 0) {
            same |= gnutls_x509_crt_import(parsed, &raw, GNUTLS_X509_FMT_DER) >= 0 &&
                    gnutls_x509_crt_get_serial(parsed, serial, &len) >= 0 &&
                    info->signer_serial.size == len && len &&
                    memcmp(info->signer_serial.data, serial, len) == 0;
            gnutls_x509_crt_deinit(parsed);
        }
        struct bytes der = same
                               ? arena_copy(arena, (struct bytes){(const char *)raw.data, raw.size})
                               : (struct bytes){"", 0};
        gnutls_free(raw.data);
        if (same)
            error = der.at ? certificate_read(der, arena, &signer->certificate) : -ENOMEM;
    }
    return error;
}

/* Old digests, small keys and self-made certificates are the rule here, as they are for Android. */
enum {
    JAR_FLAGS = GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 |
                GNUTLS_VERIFY_DISABLE_TIME_CHECKS
};

/*
 * By the key alone, where the text itself is signed: GnuTLS has no other way to verify what a
 * certificate signed that has run out since, whatever the flags say.
 */
static const char *jar_verify_key(gnutls_pkcs7_t pkcs7, unsigned index,
                                  const gnutls_pkcs7_signature_info_st *info,
                                  gnutls_x509_crt_t parsed, gnutls_pubkey_t key,
                                  const gnutls_datum_t *text)
{
    int code = gnutls_pkcs7_verify_direct(pkcs7, parsed, index, text, JAR_FLAGS);
    if (code == GNUTLS_E_EXPIRED && !info->signed_attrs)
        code = gnutls_pubkey_verify_data2(key, info->algo, JAR_FLAGS, text, &info->sig);
    return code >= 0                  ? NULL
           : code == GNUTLS_E_EXPIRED ? "its certificate has run out"
                                      : "its signature does not verify";
}

/* The key is read first: GnuTLS 3.7 loses memory where it cannot read it while verifying. */
static const char *jar_verify(gnutls_pkcs7_t pkcs7, unsigned index,
                              const gnutls_pkcs7_signature_info_st *info,
                              const struct certificate *certificate, struct bytes signed_text)
{
    const gnutls_datum_t der = {(unsigned char *)certificate->der.at,
                                (unsigned)certificate->der.len};
    const gnutls_datum_t text = {(unsigned char *)signed_text.at, (unsigned)signed_text.len};
    const char *why = "its certificate cannot be read";
    gnutls_x509_crt_t parsed;
    gnutls_pubkey_t key;
    if (info->algo == GNUTLS_SIGN_DSA_SHA384 || info->algo == GNUTLS_SIGN_DSA_SHA512)
        return "it is signed in a way that Android does not know";
    if (gnutls_x509_crt_init(&parsed) < 0)
        return why;
    if (gnutls_pubkey_init(&key) >= 0) {
        if (gnutls_x509_crt_import(parsed, &der, GNUTLS_X509_FMT_DER) >= 0 &&
            gnutls_pubkey_import_x509(key, parsed, 0) >= 0)
            why = jar_verify_key(pkcs7, index, info, parsed, key, &text);
        gnutls_pubkey_deinit(key);
    }
    gnutls_x509_crt_deinit(parsed);
    return why;
}

static int jar_pkcs7_read(gnutls_pkcs7_t pkcs7, struct package *package, struct bytes signed_text,
                          struct arena *arena, struct notes *notes, struct signatures *signatures)
{
    gnutls_pkcs7_signature_info_st info;
    int error = 0;
    for (unsigned i = 0; i < SIGNERS && !error; i++) {
        if (gnutls_pkcs7_get_signature_info(pkcs7, i, &info) < 0)
            break;
        struct signer *signer = signer_add(signatures, SCHEME_1, notes);
        if (signer) {
            error = jar_certificate(pkcs7, &info, arena, signer);
            if (!error)
                signer->why = jar_verify(pkcs7, i, &info, &signer->certificate, signed_text);
            if (!error && !signer->why)
                signer->why = jar_list_compare(package, signed_text);
            signer->verified = !error && !signer->why;
            signer->newer = jar_names_scheme(signed_text, '3')   ? 3
                            : jar_names_scheme(signed_text, '2') ? 2
                                                                 : 0;
        }
        gnutls_pkcs7_signature_info_deinit(&info);
    }
    return error;
}

/* Of several signatures in one file, one that holds is enough for Android: only those are kept. */
static void jar_choose(struct signatures *signatures, uint32_t from, struct bytes name,
                       struct notes *notes)
{
    uint32_t kept = from;
    for (uint32_t i = from; i < signatures->count; i++)
        if (signatures->signers[i].verified)
            signatures->signers[kept++] = signatures->signers[i];
    if (kept == from || kept == signatures->count)
        return;
    note_add(notes, "some of the signatures in a file do not hold", name);
    signatures->count = kept;
}

/* META-INF/NAME.RSA -> META-INF/NAME.SF, the text that is signed. False: there is none. */
static bool jar_text(struct package *package, struct bytes name, struct arena *arena,
                     struct bytes *ret_text)
{
    struct fault fault;
    size_t stem = name.len;
    while (stem > 0 && name.at[stem - 1] != '.')
        stem--;
    char *wanted = arena_take(arena, stem + 3);
    if (!wanted || stem == 0)
        return false;
    memcpy(wanted, name.at, stem);
    memcpy(wanted + stem, "SF", 2);
    int32_t index = package_find(package, (struct bytes){wanted, stem + 2});
    return index >= 0 && package_read(package, (uint32_t)index, arena, ret_text, &fault) == 0;
}

static int jar_file_read(struct package *package, uint32_t index, struct arena *arena,
                         struct notes *notes, struct signatures *signatures)
{
    struct bytes name = package->directory.entries[index].name, der, text;
    struct fault fault;
    gnutls_pkcs7_t pkcs7;
    if (!jar_text(package, name, arena, &text)) {
        note_add(notes, "a signature file is without the text it signs: Android ignores it", name);
        return 0;
    }
    int error = package_read(package, index, arena, &der, &fault);
    signatures->schemes[SCHEME_1] = true;
    if (error == -ENOMEM || gnutls_pkcs7_init(&pkcs7) < 0)
        return -ENOMEM;
    const gnutls_datum_t data = {(unsigned char *)(error ? "" : der.at),
                                 error ? 0 : (unsigned)der.len};
    if (error || gnutls_pkcs7_import(pkcs7, &data, GNUTLS_X509_FMT_DER) < 0) {
        note_add(notes, "a signature file is broken", name);
        error = 0;
    } else {
        uint32_t before = signatures->count;
        error = jar_pkcs7_read(pkcs7, package, text, arena, notes, signatures);
        jar_choose(signatures, before, name, notes);
    }
    gnutls_pkcs7_deinit(pkcs7);
    return error;
}

int jar_signers_read(struct package *package, struct arena *arena, struct notes *notes,
                     struct signatures *signatures)
{
    uint32_t looked = 0;
    int error = 0;
    for (uint32_t i = 0; i < package->directory.count && !error; i++) {
        struct bytes name = package->directory.entries[i].name;
        if (bytes_start(name, BYTES("META-INF/")) && !memchr(name.at + 9, '/', name.len - 9) &&
            (bytes_end(name, BYTES(".RSA")) || bytes_end(name, BYTES(".DSA")) ||
             bytes_end(name, BYTES(".EC"))) &&
            signatures->count < SIGNERS && looked++ < SIGNERS)
            error = jar_file_read(package, i, arena, notes, signatures);
    }
    const char *why = signatures->count && !error ? jar_files_compare(package) : NULL;
    for (uint32_t i = 0; why && i < signatures->count; i++)
        if (signatures->signers[i].verified) {
            signatures->signers[i].verified = false;
            signatures->signers[i].why = why;
        }
    return error;
}

/* What a signer says was there and is not was taken away, and Android refuses it. */
static void stripped_look(struct signatures *signatures)
{
    for (uint32_t i = 0; i < signatures->count; i++) {
        struct signer *signer = &signatures->signers[i];
        bool newest = signatures->schemes[SCHEME_3] || signatures->schemes[SCHEME_31];
        bool there = signer->newer == 3 ? newest : newest || signatures->schemes[SCHEME_2];
        if (signer->newer && signer->verified && !there) {
            signer->verified = false;
            signer->why = "the signature of a newer scheme that it tells of was taken away";
        }
    }
}

int signatures_read(struct package *package, struct arena *arena, struct notes *notes,
                    struct signatures *ret_signatures)
{
    static const uint32_t ids[SCHEMES] = {
        [SCHEME_2] = 0x7109871a, [SCHEME_3] = 0xf05368c0, [SCHEME_31] = 0x1b93ad61};
    struct signed_file file;
    memset(ret_signatures, 0, sizeof(*ret_signatures));
    int error = jar_signers_read(package, arena, notes, ret_signatures);
    if (error)
        return error;
    if (!signed_file_find(package, arena, notes, &file))
        file.block = (struct bytes){"", 0};
    struct cursor cursor = cursor_over(file.block);
    while (!error && cursor_left(&cursor) > 0) {
        uint64_t len = cursor_u64(&cursor);
        struct bytes pair = cursor_take(&cursor, len);
        struct cursor value = cursor_over(pair);
        uint32_t id = cursor_u32(&value);
        if (!cursor_ok(&cursor) || !cursor_ok(&value)) {
            note_add(notes, "the signing block is broken", BYTES("signature"));
            break;
        }
        for (enum scheme scheme = SCHEME_2; scheme < SCHEMES && !error; scheme++)
            if (id == ids[scheme])
                error = block_signers_read(&file, scheme, bytes_from(pair, 4), arena, notes,
                                           ret_signatures);
    }
    stripped_look(ret_signatures);
    return error;
}
