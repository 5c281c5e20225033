/* A TDS server with canned replies: what a proxy costs, without a database's own work and noise. It speaks TDS 7.4 without encryption.
 *
 * It answers the requests of this benchmark and refuses every other one, so that a change of the load is seen:
 *   SELECT abalance ...          one row of one int column; as a batch, by sp_executesql, sp_prepexec and sp_execute
 *   SELECT ... FROM open_rows    the wide rows, as ROW
 *   SELECT ... FROM protected_rows
 *   the gateway's catalog query  three tables
 *
 * One thread per connection, blocking calls, one send for each packet as SQL Server does. Loopback only. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <unistd.h>

#include "tds_wire.h"

enum { READ_SIZE = 64 * 1024, BLOCK_ROWS = 4096, HANDLE = 7 };
enum { COLMETADATA = 0x81, ERROR = 0xaa, LOGINACK = 0xad, RETURNVALUE = 0xac, RETURNSTATUS = 0x79, ROW = 0xd1, ENVCHANGE = 0xe3,
       DONE = 0xfd, DONEPROC = 0xfe, DONEINPROC = 0xff };
enum { INT4 = 0x38, INTN = 0x26, VARCHAR = 0xa7, NVARCHAR = 0xe7 };

typedef struct { int socket; uint8_t packet[PACKET_SIZE]; size_t length; uint8_t number; size_t packet_size; } Session;

static int listen_port, row_count = 1000000;
static Bytes point_batch, point_call, point_prepare, rows_head, row_block, catalog, login_answer;

/* ---- packets ---- */

static int send_packet(Session *session, uint8_t status)
{
    set_header(session->packet, TABULAR, status, session->length, ++session->number);
    int result = send_all(session->socket, session->packet, session->length);
    session->length = HEADER;
    return result;
}

/* Payload of the answer; a packet goes out when another byte comes behind it. */
static int add(Session *session, const Bytes *payload)
{
    for (size_t at = 0; at < payload->length;) {
        if (session->length == session->packet_size && send_packet(session, 0) < 0) return -1;
        size_t count = payload->length - at, room = session->packet_size - session->length;
        if (count > room) count = room;
        memcpy(session->packet + session->length, payload->bytes + at, count);
        session->length += count;
        at += count;
    }
    return 0;
}

static int finish(Session *session)
{
    int result = send_packet(session, LAST);
    session->number = 0;
    return result;
}

/* ---- the replies ---- */

static void put_column(Bytes *to, const char *name, uint8_t type)
{
    put32(to, 0);
    put16(to, type == INT4 ? 8 : 9);
    put8(to, type);
    if (type == INTN) put8(to, 4);
    if (type == VARCHAR || type == NVARCHAR) { put16(to, type == VARCHAR ? 100 : 8000); put_collation(to); }
    put_name(to, name);
}

static void put_done(Bytes *to, uint8_t token, uint16_t status, uint16_t command, uint64_t count)
{
    put8(to, token); put16(to, status); put16(to, command); put(to, &count, 8);
}

static void put_point(Bytes *to)
{
    put8(to, COLMETADATA); put16(to, 1);
    put_column(to, "abalance", INTN);
    put8(to, ROW); put8(to, 4); put32(to, 0);
}

static void build_points(void)
{
    put_point(&point_batch);
    put_done(&point_batch, DONE, 0x10, 0xc1, 1);
    put_point(&point_call);
    put_done(&point_call, DONEINPROC, 0x11, 0xc1, 1);
    put8(&point_call, RETURNSTATUS); put32(&point_call, 0);
    put(&point_prepare, point_call.bytes, point_call.length);
    put8(&point_prepare, RETURNVALUE); put16(&point_prepare, 0); put_name(&point_prepare, ""); put8(&point_prepare, 1);
    put32(&point_prepare, 0); put16(&point_prepare, 0); put8(&point_prepare, INTN); put8(&point_prepare, 4); put8(&point_prepare, 4);
    put32(&point_prepare, HANDLE);
    put_done(&point_call, DONEPROC, 0, 0xe0, 0);
    put_done(&point_prepare, DONEPROC, 0, 0xe0, 0);
}

static void put_varchar(Bytes *to, const char *text) { put16(to, (uint16_t)strlen(text)); put(to, text, strlen(text)); }

/* The rows of the PostgreSQL benchmark. */
static void build_rows(void)
{
    static const char *names[] = { "name", "ssn", "city", "note" };
    put8(&rows_head, COLMETADATA); put16(&rows_head, 5);
    put_column(&rows_head, "id", INT4);
    for (int i = 0; i < 4; i++) put_column(&rows_head, names[i], VARCHAR);
    for (int row = 0; row < BLOCK_ROWS; row++) {
        char name[40], ssn[16];
        snprintf(name, sizeof name, "Patient %06d Example", row);
        snprintf(ssn, sizeof ssn, "%03d-%02d-%04d", row % 900, row % 90, row);
        put8(&row_block, ROW); put32(&row_block, 100000 + (uint32_t)row);
        put_varchar(&row_block, name); put_varchar(&row_block, ssn);
        put_varchar(&row_block, "Springfield"); put_varchar(&row_block, "invented, follow-up in six weeks");
    }
}

static void put_catalog_row(const char *kind, const char *id, const char *a, const char *b, const char *c, const char *d)
{
    const char *cells[] = { kind, id, a, b, c, d };
    put8(&catalog, ROW);
    for (int i = 0; i < 6; i++)
        if (!cells[i]) put16(&catalog, 0xffff);
        else { put16(&catalog, (uint16_t)(strlen(cells[i]) * 2)); put_wide(&catalog, cells[i]); }
}

static void build_catalog(void)
{
    static const char *names[] = { "kind", "id", "a", "b", "c", "d" };
    static const char *rows[][6] = {
        { "d", NULL, "16", "bench", "SQL_Latin1_General_CP1_CI_AS", "dbo" },
        { "r", "101", "r", "dbo", "pgbench_accounts", NULL }, { "c", "101", "1", "aid", "56", NULL }, { "c", "101", "2", "bid", "56", NULL },
        { "c", "101", "3", "abalance", "56", NULL }, { "c", "101", "4", "filler", "175", NULL } };
    put8(&catalog, COLMETADATA); put16(&catalog, 6);
    for (int i = 0; i < 6; i++) put_column(&catalog, names[i], NVARCHAR);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put_catalog_row(rows[i][0], rows[i][1], rows[i][2], rows[i][3], rows[i][4], rows[i][5]);
    static const char *tables[][2] = { { "102", "open_rows" }, { "103", "protected_rows" } };
    static const char *columns[][2] = { { "id", "56" }, { "name", "167" }, { "ssn", "167" }, { "city", "167" }, { "note", "167" } };
    for (int table = 0; table < 2; table++) {
        put_catalog_row("r", tables[table][0], "r", "dbo", tables[table][1], NULL);
        for (int i = 0; i < 5; i++) {
            char number[2] = { (char)('1' + i), 0 };
            put_catalog_row("c", tables[table][0], number, columns[i][0], columns[i][1], NULL);
        }
    }
    put_done(&catalog, DONE, 0x10, 0xc1, 18);
}

static void put_change(Bytes *to, uint8_t type, const char *now, const char *before)
{
    put8(to, ENVCHANGE); put16(to, (uint16_t)(3 + 2 * (strlen(now) + strlen(before))));
    put8(to, type); put_name(to, now); put_name(to, before);
}

static void build_login_answer(void)
{
    static const char *program = "canned";
    put_change(&login_answer, 1, "bench", "master");
    put8(&login_answer, LOGINACK); put16(&login_answer, (uint16_t)(10 + 2 * strlen(program)));
    put8(&login_answer, 1); put(&login_answer, "\x74\x00\x00\x04", 4); put_name(&login_answer, program);
    put(&login_answer, "\x10\x00\x00\x00", 4);
    put_change(&login_answer, 4, "8000", "4096");
    put_done(&login_answer, DONE, 0, 0, 0);
}

static int send_rows(Session *session)
{
    if (add(session, &rows_head) < 0) return -1;
    int sent = 0;
    for (; sent < row_count; sent += BLOCK_ROWS)
        if (add(session, &row_block) < 0) return -1;
    Bytes done = { 0 };
    put_done(&done, DONE, 0x10, 0xc1, (uint64_t)sent);
    int result = add(session, &done);
    free(done.bytes);
    return result < 0 ? -1 : finish(session);
}

static int refuse(Session *session, const char *text)
{
    Bytes out = { 0 };
    char message[200];
    snprintf(message, sizeof message, "the canned backend does not know: %.150s", text);
    fprintf(stderr, "%s\n", message);
    put8(&out, ERROR); put16(&out, (uint16_t)(4 + 1 + 1 + 2 + 2 * strlen(message) + 1 + 1 + 4));
    put32(&out, 50000); put8(&out, 1); put8(&out, 16); put16(&out, (uint16_t)strlen(message)); put_wide(&out, message);
    put8(&out, 0); put8(&out, 0); put32(&out, 1);
    put_done(&out, DONE, 2, 0, 0);
    int result = add(session, &out);
    free(out.bytes);
    return result < 0 ? -1 : finish(session);
}

static int reply(Session *session, const Bytes *payload) { return add(session, payload) < 0 ? -1 : finish(session); }

/* Answers one request; -1 ends the session. */
static int answer(Session *session, uint8_t type, const uint8_t *payload, size_t length)
{
    uint32_t headers;
    if (length < 6) return -1;
    memcpy(&headers, payload, 4);
    if (headers > length - 2) return -1;
    uint16_t procedure = 0;
    if (type == RPC) {
        if (length - headers < 6 || payload[headers] != 0xff) return -1;
        memcpy(&procedure, payload + headers + 2, 2);
        if (procedure == SP_EXECUTE) return reply(session, &point_call);
    }
    /* Nothing but ASCII is looked for. */
    char text[8192];
    size_t count = 0;
    for (size_t i = headers; i < length && count < sizeof text - 1; i++)
        if (payload[i]) text[count++] = (char)payload[i];
    text[count] = 0;
    if (strcasestr(text, "SELECT abalance"))
        return reply(session, type == SQL_BATCH ? &point_batch : procedure == SP_PREPEXEC ? &point_prepare : &point_call);
    if (strcasestr(text, "FROM open_rows") || strcasestr(text, "FROM protected_rows")) return send_rows(session);
    if (strstr(text, "sys.computed_columns")) return reply(session, &catalog);
    return refuse(session, text);
}

static int handle(Session *session, uint8_t type, const uint8_t *payload, size_t length)
{
    switch (type) {
    case PRELOGIN: {
        Bytes out = { 0 };
        put_prelogin(&out);
        int result = reply(session, &out);
        free(out.bytes);
        return result;
    }
    case LOGIN7:
        if (reply(session, &login_answer) < 0) return -1;
        session->packet_size = PACKET_SIZE;
        return 0;
    case SQL_BATCH: case RPC: return answer(session, type, payload, length);
    default: return -1;
    }
}

/* ---- connections ---- */

static void *connection(void *argument)
{
    Session *session = calloc(1, sizeof *session);
    uint8_t *buffer = malloc(READ_SIZE), *message = malloc(READ_SIZE);
    int on = 1;
    session->socket = (int)(intptr_t)argument;
    session->packet_size = 4096;
    session->length = HEADER;
    setsockopt(session->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    size_t length = 0, joined = 0;
    for (;;) {
        ssize_t got = recv(session->socket, buffer + length, READ_SIZE - length, 0);
        if (got <= 0) break;
        length += (size_t)got;
        size_t at = 0, size;
        while (length - at >= HEADER && length - at >= (size = packet_length(buffer + at))) {
            if (size < HEADER || joined + size > READ_SIZE) goto done;
            memcpy(message + joined, buffer + at + HEADER, size - HEADER);
            joined += size - HEADER;
            if (buffer[at + 1] & LAST) {
                if (handle(session, buffer[at], message, joined) < 0) goto done;
                joined = 0;
            }
            at += size;
        }
        memmove(buffer, buffer + at, length - at);
        length -= at;
        if (length == READ_SIZE) break;
    }
done:
    close(session->socket);
    free(session); free(buffer); free(message);
    return NULL;
}

int main(int count, char **arguments)
{
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(arguments[i], "--port")) listen_port = atoi(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--rows")) row_count = atoi(arguments[i + 1]);
        else { fprintf(stderr, "canned_tds: unknown option %s\n", arguments[i]); return 2; }
    }
    build_points();
    build_rows();
    build_catalog();
    build_login_answer();
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)listen_port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(listener, 4096) < 0) fail("listen");
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) { if (errno == EINTR || errno == ECONNABORTED) continue; fail("accept"); }
        pthread_t thread;
        if (pthread_create(&thread, &attributes, connection, (void *)(intptr_t)client)) close(client);
    }
}
