/* The signing block: its signers, and whether what they sign is what is there. */
#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "analyse/android/signature_inside.h"
#include "base/cursor.h"

enum { BLOCK_FOOT = 24, DIGEST_PIECE = 1 << 20, DIGEST_MOST = 64, NEWER_SCHEME = (int)0xbeeff00d };

/* Algorithms of the block; those with 0x0421 up sign a tree of hashes and need not be read. */
static const struct algorithm {
    uint32_t id;
    gnutls_sign_algorithm_t sign;
    gnutls_digest_algorithm_t digest;
} algorithms[] = {
    {0x0101, GNUTLS_SIGN_RSA_PSS_SHA256, GNUTLS_DIG_SHA256},
    {0x0102, GNUTLS_SIGN_RSA_PSS_SHA512, GNUTLS_DIG_SHA512},
    {0x0103, GNUTLS_SIGN_RSA_SHA256, GNUTLS_DIG_SHA256},
    {0x0104, GNUTLS_SIGN_RSA_SHA512, GNUTLS_DIG_SHA512},
    {0x0201, GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_DIG_SHA256},
    {0x0202, GNUTLS_SIGN_ECDSA_SHA512, GNUTLS_DIG_SHA512},
    {0x0301, GNUTLS_SIGN_DSA_SHA256, GNUTLS_DIG_SHA256},
};

static const struct algorithm *algorithm_find(uint32_t id)
{
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (algorithms[i].id == id)
            return &algorithms[i];
    return NULL;
}

bool signed_file_find(const struct package *package, struct arena *arena, struct notes *notes,
                      struct signed_file *ret_file)
{
    struct bytes file = package->file;
    uint32_t start = package->directory.start;
    if (start < BLOCK_FOOT + 8)
        return false;
    struct cursor foot = cursor_over((struct bytes){file.at + start - BLOCK_FOOT, BLOCK_FOOT});
    uint64_t size = cursor_u64(&foot);
    if (!bytes_equal(cursor_take(&foot, 16), BYTES("APK Sig Block 42")))
        return false;
    struct cursor head =
        cursor_over(bytes_from(file, size > start - 8 ? file.len : start - 8 - (size_t)size));
    if (size < BLOCK_FOOT || cursor_u64(&head) != size) {
        note_add(notes, "the signing block is not as long as it says", BYTES("signature"));
        return false;
    }
    if (package->directory.gap) {
        note_add(notes, "the ZIP's directory is not right before its end: no scheme holds",
                 BYTES("signature"));
        return false;
    }
    size_t block = start - 8 - (size_t)size;
    size_t end = package->directory.end;
    struct bytes tail = arena_copy(arena, bytes_from(file, end));
    if (!tail.at || tail.len < 22)
        return false;
    for (int i = 0; i < 4; i++)
        ((char *)tail.at)[16 + i] = (char)(block >> 8 * i);
    *ret_file = (struct signed_file){
        .entries = {file.at, block},
        .directory = {file.at + start, end - start},
        .end = tail,
        .block = {file.at + block + 8, (size_t)size - BLOCK_FOOT},
    };
    return true;
}

/* 0xa5, the length, the piece: one digest for each megabyte. */
static bool piece_digest(gnutls_digest_algorithm_t digest, struct bytes piece, uint8_t *to)
{
    uint8_t head[5] = {0xa5};
    gnutls_hash_hd_t hash;
    for (int i = 0; i < 4; i++)
        head[1 + i] = (uint8_t)(piece.len >> 8 * i);
    if (gnutls_hash_init(&hash, digest) < 0)
        return false;
    bool good =
        gnutls_hash(hash, head, sizeof(head)) >= 0 && gnutls_hash(hash, piece.at, piece.len) >= 0;
    gnutls_hash_deinit(hash, to);
    return good;
}

const char *file_digest_compare(const struct signed_file *file, uint32_t id, struct bytes expected)
{
    const struct algorithm *algorithm = algorithm_find(id);
    const struct bytes parts[] = {file->entries, file->directory, file->end};
    uint8_t head[5] = {0x5a}, digest[DIGEST_MOST];
    size_t pieces = 0, len = algorithm ? gnutls_hash_get_len(algorithm->digest) : 0;
    gnutls_hash_hd_t whole;
    for (int i = 0; i < 3; i++)
        pieces += (parts[i].len + DIGEST_PIECE - 1) / DIGEST_PIECE;
    for (int i = 0; i < 4; i++)
        head[1 + i] = (uint8_t)(pieces >> 8 * i);
    if (!algorithm || gnutls_hash_init(&whole, algorithm->digest) < 0)
        return "its digests are of a kind that is not known";
    bool good = gnutls_hash(whole, head, sizeof(head)) >= 0;
    for (int i = 0; i < 3; i++)
        for (size_t at = 0; at < parts[i].len && good; at += DIGEST_PIECE) {
            struct bytes piece = bytes_from(parts[i], at);
            piece.len = piece.len < DIGEST_PIECE ? piece.len : DIGEST_PIECE;
            good = piece_digest(algorithm->digest, piece, digest) &&
                   gnutls_hash(whole, digest, len) >= 0;
        }
    gnutls_hash_deinit(whole, digest);
    return good && bytes_equal((struct bytes){(char *)digest, len}, expected)
               ? NULL
               : "the file is not the one that was signed";
}

const char *block_signature_verify(uint32_t id, struct bytes key, struct bytes data,
                                   struct bytes signature)
{
    const struct algorithm *algorithm = algorithm_find(id);
    const gnutls_datum_t key_datum = {(unsigned char *)key.at, (unsigned)key.len};
    const gnutls_datum_t data_datum = {(unsigned char *)data.at, (unsigned)data.len};
    const gnutls_datum_t signature_datum = {(unsigned char *)signature.at, (unsigned)signature.len};
    gnutls_pubkey_t pubkey;
    const char *why = "its key cannot be read";
    if (!algorithm || gnutls_pubkey_init(&pubkey) < 0)
        return "it is signed in a way that is not known";
    if (key.len && gnutls_pubkey_import(pubkey, &key_datum, GNUTLS_X509_FMT_DER) >= 0)
        why = gnutls_pubkey_verify_data2(pubkey, algorithm->sign, GNUTLS_VERIFY_ALLOW_BROKEN,
                                         &data_datum, &signature_datum) >= 0
                  ? NULL
                  : "its signature does not verify";
    gnutls_pubkey_deinit(pubkey);
    return why;
}

/* A length of 32 bits, then the bytes. */
static struct bytes part(struct cursor *cursor)
{
    uint32_t len = cursor_u32(cursor);
    return cursor_take(cursor, len);
}

/* The strongest that is known here, of a list of algorithms each with something; 0: none. */
static uint32_t best_of(struct bytes list, struct bytes *ret_value)
{
    struct cursor cursor = cursor_over(list);
    const struct algorithm *best = NULL;
    while (cursor_left(&cursor) > 0) {
        struct cursor item = cursor_over(part(&cursor));
        const struct algorithm *here = algorithm_find(cursor_u32(&item));
        struct bytes value = part(&item);
        if (!cursor_ok(&item) || !here ||
            (best && gnutls_hash_get_len(here->digest) <= gnutls_hash_get_len(best->digest)))
            continue;
        best = here;
        *ret_value = value;
    }
    return best ? best->id : 0;
}

/* What an algorithm has in such a list; empty: nothing. */
static struct bytes value_for(struct bytes list, uint32_t algorithm)
{
    struct cursor cursor = cursor_over(list);
    while (cursor_left(&cursor) > 0) {
        struct cursor item = cursor_over(part(&cursor));
        uint32_t id = cursor_u32(&item);
        struct bytes value = part(&item);
        if (cursor_ok(&item) && id == algorithm)
            return value;
    }
    return (struct bytes){"", 0};
}

/* Whether the key that verified is the certificate's. */
static bool key_is_of(const struct certificate *certificate, struct bytes key)
{
    return key.len && memmem(certificate->der.at, certificate->der.len, key.at, key.len);
}

/* The algorithms of both lists, in the same order, or somebody has taken one away. */
static bool algorithms_agree(struct bytes left, struct bytes right)
{
    struct cursor a = cursor_over(left), b = cursor_over(right);
    while (cursor_left(&a) > 0 && cursor_left(&b) > 0) {
        struct cursor one = cursor_over(part(&a)), other = cursor_over(part(&b));
        if (cursor_u32(&one) != cursor_u32(&other))
            return false;
    }
    return cursor_left(&a) == 0 && cursor_left(&b) == 0;
}

/* The newer scheme that an older one's signed data says there is; 0: none. */
static uint32_t newer_scheme(struct bytes attributes)
{
    struct cursor cursor = cursor_over(attributes);
    while (cursor_left(&cursor) > 0) {
        struct cursor item = cursor_over(part(&cursor));
        uint32_t id = cursor_u32(&item), scheme = cursor_u32(&item);
        if (cursor_ok(&item) && id == (uint32_t)NEWER_SCHEME)
            return scheme;
    }
    return 0;
}

static uint32_t certificates_read(struct bytes list, struct bytes *ret_first)
{
    struct cursor cursor = cursor_over(list);
    uint32_t count = 0;
    while (cursor_left(&cursor) > 0) {
        struct bytes der = part(&cursor);
        if (cursor_ok(&cursor) && count++ == 0)
            *ret_first = der;
    }
    return count;
}

static int block_signer_read(const struct signed_file *file, struct bytes from, struct arena *arena,
                             struct signer *signer)
{
    struct cursor cursor = cursor_over(from);
    struct bytes data = part(&cursor), first = {"", 0}, signature = {"", 0};
    if (signer->scheme != SCHEME_2) {
        signer->least_sdk = (int32_t)cursor_u32(&cursor);
        signer->greatest_sdk = (int32_t)cursor_u32(&cursor);
    }
    struct bytes signatures = part(&cursor), key = part(&cursor);
    struct cursor inside = cursor_over(data);
    struct bytes digests = part(&inside), certificates = part(&inside);
    if (signer->scheme == SCHEME_2)
        signer->newer = newer_scheme(part(&inside));
    signer->chain = certificates_read(certificates, &first);
    int error = certificate_read(first, arena, &signer->certificate);
    if (error)
        return error;
    uint32_t algorithm = best_of(signatures, &signature);
    if (!cursor_ok(&cursor) || !cursor_ok(&inside))
        signer->why = "its part of the signing block is broken";
    else if (signer->chain == 0)
        signer->why = "it has no certificate";
    else if (algorithm == 0)
        signer->why = "it is signed in no way that is known";
    else if (!algorithms_agree(digests, signatures))
        signer->why = "its digests and signatures are not of the same kinds";
    else
        signer->why = block_signature_verify(algorithm, key, data, signature);
    if (!signer->why && !key_is_of(&signer->certificate, key))
        signer->why = "the key is not its certificate's";
    if (!signer->why)
        signer->why = file_digest_compare(file, algorithm, value_for(digests, algorithm));
    signer->verified = !signer->why;
    return 0;
}

int block_signers_read(const struct signed_file *file, enum scheme scheme, struct bytes value,
                       struct arena *arena, struct notes *notes, struct signatures *signatures)
{
    struct cursor cursor = cursor_over(value);
    struct cursor signers = cursor_over(part(&cursor));
    int error = 0;
    signatures->schemes[scheme] = true;
    while (!error && cursor_left(&signers) > 0) {
        struct bytes from = part(&signers);
        struct signer *signer = cursor_ok(&signers) ? signer_add(signatures, scheme, notes) : NULL;
        if (!signer)
            break;
        error = block_signer_read(file, from, arena, signer);
    }
    return error;
}
