#include "analyse/android/certificate.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

static struct bytes name_copy(int error, gnutls_datum_t *name, struct arena *arena)
{
    struct bytes copy = {"", 0};
    if (error < 0)
        return copy;
    copy = arena_copy(arena, (struct bytes){(const char *)name->data, name->size});
    gnutls_free(name->data);
    return copy;
}

static struct bytes hexadecimal(const uint8_t *at, size_t len, struct arena *arena)
{
    char *text = arena_take(arena, 2 * len + 1);
    if (!text)
        return (struct bytes){NULL, 0};
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", at[i]);
    return (struct bytes){text, 2 * len};
}

static int64_t moment(time_t seconds)
{
    int64_t time;
    return seconds == (time_t)-1 || __builtin_mul_overflow((int64_t)seconds, TIME_SECOND, &time)
               ? TIME_NONE
               : time;
}

static struct bytes constant(const char *name)
{
    return name ? bytes_of(name) : BYTES("");
}

static int parsed_read(gnutls_x509_crt_t parsed, struct arena *arena,
                       struct certificate *certificate)
{
    gnutls_datum_t name;
    uint8_t serial[64];
    size_t serial_len = sizeof(serial);
    int error = gnutls_x509_crt_get_dn3(parsed, &name, 0);
    certificate->subject = name_copy(error, &name, arena);
    error = gnutls_x509_crt_get_issuer_dn3(parsed, &name, 0);
    certificate->issuer = name_copy(error, &name, arena);
    if (gnutls_x509_crt_get_serial(parsed, serial, &serial_len) >= 0)
        certificate->serial = hexadecimal(serial, serial_len, arena);
    certificate->from = moment(gnutls_x509_crt_get_activation_time(parsed));
    certificate->until = moment(gnutls_x509_crt_get_expiration_time(parsed));
    int key = gnutls_x509_crt_get_pk_algorithm(parsed, &certificate->bits);
    certificate->key = constant(key < 0 ? NULL : gnutls_pk_get_name((gnutls_pk_algorithm_t)key));
    int sign = gnutls_x509_crt_get_signature_algorithm(parsed);
    certificate->algorithm =
        constant(sign < 0 ? NULL : gnutls_sign_get_name((gnutls_sign_algorithm_t)sign));
    certificate->debug =
        memmem(certificate->subject.at, certificate->subject.len, "CN=Android Debug", 16) != NULL;
    certificate->read = true;
    bool full = !certificate->subject.at || !certificate->issuer.at || !certificate->serial.at;
    return full ? -ENOMEM : 0;
}

int certificate_read(struct bytes der, struct arena *arena, struct certificate *ret_certificate)
{
    struct certificate certificate = {.der = der,
                                      .subject = BYTES(""),
                                      .issuer = BYTES(""),
                                      .serial = BYTES(""),
                                      .algorithm = BYTES(""),
                                      .key = BYTES(""),
                                      .from = TIME_NONE,
                                      .until = TIME_NONE};
    const gnutls_datum_t data = {(unsigned char *)der.at, (unsigned)der.len};
    gnutls_x509_crt_t parsed;
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, der.len ? der.at : "", der.len, certificate.sha256) <
            0 ||
        gnutls_x509_crt_init(&parsed) < 0)
        return -ENOMEM;
    int error = 0;
    if (der.len && gnutls_x509_crt_import(parsed, &data, GNUTLS_X509_FMT_DER) >= 0)
        error = parsed_read(parsed, arena, &certificate);
    gnutls_x509_crt_deinit(parsed);
    if (!error)
        *ret_certificate = certificate;
    return error;
}
