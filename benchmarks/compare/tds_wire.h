/* Writing and sending TDS 7.4 (MS-TDS): what the canned server and the load client share. Numbers are little-endian, as this machine is. */
#ifndef TDS_WIRE_H
#define TDS_WIRE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 8, PACKET_SIZE = 8000 /* SqlClient's */, SQL_BATCH = 1, RPC = 3, TABULAR = 4, LOGIN7 = 16, PRELOGIN = 18, LAST = 1 };
enum { SP_EXECUTESQL = 10, SP_EXECUTE = 12, SP_PREPEXEC = 13 };

typedef struct { uint8_t *bytes; size_t length, capacity; } Bytes;

static void fail(const char *what) { perror(what); exit(1); }

static void put(Bytes *to, const void *bytes, size_t length)
{
    if (to->length + length > to->capacity) {
        to->capacity = (to->length + length) * 2;
        to->bytes = realloc(to->bytes, to->capacity);
        if (!to->bytes) fail("realloc");
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void put8(Bytes *to, uint8_t value) { put(to, &value, 1); }
static void put16(Bytes *to, uint16_t value) { put(to, &value, 2); }
static void put32(Bytes *to, uint32_t value) { put(to, &value, 4); }
static void put_wide(Bytes *to, const char *text) { for (; *text; text++) put16(to, (uint8_t)*text); }
static void put_name(Bytes *to, const char *text) { put8(to, (uint8_t)strlen(text)); put_wide(to, text); }
static void put_collation(Bytes *to) { put(to, "\x09\x04\xd0\x00\x34", 5); }

/* PRELOGIN (2.2.6.5): version, no encryption, MARS off. */
static void put_prelogin(Bytes *to)
{
    static const uint8_t options[] = { 0, 0, 16, 0, 6, 1, 0, 22, 0, 1, 4, 0, 23, 0, 1, 255, 16, 0, 0, 0, 0, 0, 2, 0 };
    put(to, options, sizeof options);
}

static int send_all(int socket, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        bytes += sent; length -= (size_t)sent;
    }
    return 0;
}

static void set_header(uint8_t *packet, uint8_t type, uint8_t status, size_t length, uint8_t number)
{
    const uint8_t header[HEADER] = { type, status, (uint8_t)(length >> 8), (uint8_t)length, 0, 0, number, 0 };
    memcpy(packet, header, HEADER);
}

static size_t packet_length(const uint8_t *packet) { return (size_t)packet[2] << 8 | packet[3]; }

#endif
