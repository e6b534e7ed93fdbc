/*
 * analyse/android/chunk.h -- the pieces that Android's binary resources are made of.
 *
 * Binary XML, string pools and resource tables are trees of chunks: a type, the length of a header,
 * the length of it all (frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h).
 */
#ifndef ANALYSE_ANDROID_CHUNK_H
#define ANALYSE_ANDROID_CHUNK_H

#include "base/bytes.h"

enum chunk_type {
    CHUNK_NULL = 0x0000,
    CHUNK_STRING_POOL = 0x0001,
    CHUNK_TABLE = 0x0002,
    CHUNK_XML = 0x0003,
    CHUNK_XML_FIRST = 0x0100,
    CHUNK_XML_NAMESPACE_START = 0x0100,
    CHUNK_XML_NAMESPACE_END = 0x0101,
    CHUNK_XML_START = 0x0102,
    CHUNK_XML_END = 0x0103,
    CHUNK_XML_TEXT = 0x0104,
    CHUNK_XML_LAST = 0x017f,
    CHUNK_XML_RESOURCE_MAP = 0x0180,
    CHUNK_TABLE_PACKAGE = 0x0200,
    CHUNK_TABLE_TYPE = 0x0201,
};

/* Types of a value (Res_value). */
enum value_type {
    VALUE_NULL = 0x00,
    VALUE_REFERENCE = 0x01,
    VALUE_ATTRIBUTE = 0x02,
    VALUE_STRING = 0x03,
    VALUE_FLOAT = 0x04,
    VALUE_DYNAMIC_REFERENCE = 0x07,
    VALUE_INTEGER = 0x10,
    VALUE_HEXADECIMAL = 0x11,
    VALUE_BOOLEAN = 0x12,
};

struct chunk {
    uint16_t type;
    uint16_t header;     /* length of its header, at least 8, within it */
    struct bytes all;    /* header and all, cut where the file ends */
    struct bytes behind; /* the header */
    bool cut;            /* said to be longer than what is there */
};

/* The first chunk of `*rest`, which is moved behind it. False: none starts there. */
bool chunk_next(struct bytes *rest, struct chunk *ret_chunk);

#endif
