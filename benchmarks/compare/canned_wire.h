/* Writing and sending messages of PostgreSQL's protocol (documentation, sections 55.2 and 55.7). */
#ifndef CANNED_WIRE_H
#define CANNED_WIRE_H

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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
static void put16(Bytes *to, uint16_t value) { value = htons(value); put(to, &value, 2); }
static void put32(Bytes *to, uint32_t value) { value = htonl(value); put(to, &value, 4); }
static void put_text(Bytes *to, const char *text) { put(to, text, strlen(text) + 1); }

static size_t begin(Bytes *to, char type) { put8(to, (uint8_t)type); put32(to, 0); return to->length - 4; }
static void end(Bytes *to, size_t at)
{
    uint32_t length = htonl((uint32_t)(to->length - at));
    memcpy(to->bytes + at, &length, 4);
}
static void put_empty(Bytes *to, char type) { end(to, begin(to, type)); }
static void put_ready(Bytes *to) { size_t at = begin(to, 'Z'); put8(to, 'I'); end(to, at); }
static void put_tag(Bytes *to, const char *tag) { size_t at = begin(to, 'C'); put_text(to, tag); end(to, at); }
static void put_parameter(Bytes *to, const char *name, const char *value)
{
    size_t at = begin(to, 'S'); put_text(to, name); put_text(to, value); end(to, at);
}
static void put_column(Bytes *to, const char *name, uint32_t table, uint16_t attribute, uint32_t type, uint16_t size)
{
    put_text(to, name); put32(to, table); put16(to, attribute); put32(to, type); put16(to, size);
    put32(to, 0xffffffff); put16(to, 0);
}
static void put_cell(Bytes *to, const char *text) { size_t n = strlen(text); put32(to, (uint32_t)n); put(to, text, n); }

static int send_all(int socket, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        bytes += sent; length -= (size_t)sent;
    }
    return 0;
}

#endif
