/* A PostgreSQL server with canned replies: what a proxy costs, without PostgreSQL's own work and noise.
 *
 * It answers the statements of this benchmark and refuses every other one, so that a change of the load is seen:
 *   SELECT abalance ...          one row of one int4 column (pgbench -S, simple and extended protocol)
 *   SELECT ... FROM open_rows    the wide rows, as DataRow
 *   SELECT ... FROM protected_rows
 *   COPY open_rows / protected_rows TO STDOUT
 *   BEGIN, SET, RESET, DISCARD   their command tag
 * A login as the pass-through user is relayed to a real PostgreSQL: a proxy that reads the catalog finds a true one, and
 * the table OIDs of the canned RowDescription (given on the command line) are those of that catalog.
 *
 * One thread per connection, blocking calls, one send per Sync or Query as PostgreSQL does. Loopback only. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "canned_wire.h"

enum { READ_SIZE = 64 * 1024, SEND_SIZE = 8192 /* PostgreSQL's PqSendBufferSize */, BLOCK_ROWS = 4096, STATEMENTS = 64, NAME_SIZE = 32 };
enum { PROTOCOL_3_0 = 196608, SSL_REQUEST = 80877103, GSS_REQUEST = 80877104 };

typedef enum { UNKNOWN, POINT, OPEN_ROWS, PROTECTED_ROWS, COPY_ROWS, COMMAND } Kind;
typedef struct { char name[NAME_SIZE]; Kind kind; } Statement;

typedef struct {
    int socket;
    Bytes out;
    Kind portal;                 /* of the last Bind: this load has one portal at a time */
    char command[NAME_SIZE];     /* the tag of a COMMAND */
    Statement statements[STATEMENTS];
    int failed;                  /* skip to Sync */
} Session;

static int listen_port, upstream_port, row_count = 1000000;
static uint32_t point_oid, open_oid, protected_oid;
static const char *pass_user = "";
static Bytes row_block, copy_block;

/* ---- the replies ---- */

static int flush(Session *session)
{
    int result = send_all(session->socket, session->out.bytes, session->out.length);
    session->out.length = 0;
    return result;
}

static void build_blocks(void)
{
    for (int row = 0; row < BLOCK_ROWS; row++) {
        char id[16], name[40], ssn[16], line[160];
        snprintf(id, sizeof id, "%d", 100000 + row);
        snprintf(name, sizeof name, "Patient %06d Example", row);
        snprintf(ssn, sizeof ssn, "%03d-%02d-%04d", row % 900, row % 90, row);
        const char *city = "Springfield", *note = "invented, follow-up in six weeks";
        size_t at = begin(&row_block, 'D');
        put16(&row_block, 5);
        put_cell(&row_block, id); put_cell(&row_block, name); put_cell(&row_block, ssn);
        put_cell(&row_block, city); put_cell(&row_block, note);
        end(&row_block, at);
        int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%s\t%s\n", id, name, ssn, city, note);
        at = begin(&copy_block, 'd');
        put(&copy_block, line, (size_t)length);
        end(&copy_block, at);
    }
}

static void put_description(Bytes *to, Kind kind)
{
    if (kind != POINT && kind != OPEN_ROWS && kind != PROTECTED_ROWS) { put_empty(to, 'n'); return; }
    size_t at = begin(to, 'T');
    if (kind == POINT) {
        put16(to, 1);
        put_column(to, "abalance", point_oid, 3, 23, 4);
    } else {
        uint32_t table = kind == OPEN_ROWS ? open_oid : protected_oid;
        put16(to, 5);
        put_column(to, "id", table, 1, 23, 4);
        const char *names[] = { "name", "ssn", "city", "note" };
        for (uint16_t i = 0; i < 4; i++) put_column(to, names[i], table, (uint16_t)(i + 2), 25, 0xffff);
    }
    end(to, at);
}

static int send_rows(Session *session, const Bytes *block, const char *tag)
{
    if (flush(session) < 0) return -1;
    for (int sent = 0; sent < row_count; sent += BLOCK_ROWS)
        for (size_t at = 0; at < block->length; at += SEND_SIZE) {
            size_t length = block->length - at < SEND_SIZE ? block->length - at : SEND_SIZE;
            if (send_all(session->socket, block->bytes + at, length) < 0) return -1;
        }
    if (block == &copy_block) put_empty(&session->out, 'c');
    char text[64];
    snprintf(text, sizeof text, "%s %d", tag, (row_count + BLOCK_ROWS - 1) / BLOCK_ROWS * BLOCK_ROWS);
    put_tag(&session->out, text);
    return 0;
}

static int execute(Session *session, Kind kind)
{
    Bytes *out = &session->out;
    size_t at;
    switch (kind) {
    case POINT:
        at = begin(out, 'D'); put16(out, 1); put_cell(out, "0"); end(out, at);
        put_tag(out, "SELECT 1");
        return 0;
    case OPEN_ROWS:
    case PROTECTED_ROWS:
        return send_rows(session, &row_block, "SELECT");
    case COPY_ROWS:
        at = begin(out, 'H'); put8(out, 0); put16(out, 5);
        for (int i = 0; i < 5; i++) put16(out, 0);
        end(out, at);
        return send_rows(session, &copy_block, "COPY");
    default:
        put_tag(out, session->command);
        return 0;
    }
}

static Kind kind_of(Session *session, const char *sql)
{
    static const char *commands[] = { "BEGIN", "SET", "RESET", "DISCARD ALL", "COMMIT" };
    if (strcasestr(sql, "COPY ")) return COPY_ROWS;
    if (strcasestr(sql, "FROM open_rows")) return OPEN_ROWS;
    if (strcasestr(sql, "FROM protected_rows")) return PROTECTED_ROWS;
    if (strcasestr(sql, "SELECT abalance")) return POINT;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strncasecmp(sql, commands[i], strlen(commands[i]))) {
            strcpy(session->command, commands[i]);
            return COMMAND;
        }
    return UNKNOWN;
}

static void refuse(Session *session, const char *sql)
{
    size_t at = begin(&session->out, 'E');
    char text[256];
    snprintf(text, sizeof text, "the canned backend does not know: %.200s", sql);
    put8(&session->out, 'S'); put_text(&session->out, "ERROR");
    put8(&session->out, 'V'); put_text(&session->out, "ERROR");
    put8(&session->out, 'C'); put_text(&session->out, "0A000");
    put8(&session->out, 'M'); put_text(&session->out, text);
    put8(&session->out, 0);
    end(&session->out, at);
    fprintf(stderr, "%s\n", text);
}

/* ---- the messages ---- */

static Statement *statement(Session *session, const char *name)
{
    for (int i = 0; i < STATEMENTS; i++)
        if (session->statements[i].kind != UNKNOWN && !strcmp(session->statements[i].name, name))
            return &session->statements[i];
    for (int i = 0; i < STATEMENTS; i++)
        if (session->statements[i].kind == UNKNOWN) {
            snprintf(session->statements[i].name, NAME_SIZE, "%s", name);
            return &session->statements[i];
        }
    return &session->statements[0];
}

/* Answers one message; -1 ends the session. The body of this load's messages begins with zero-terminated strings. */
static int answer(Session *session, char type, const char *body)
{
    Bytes *out = &session->out;
    if (session->failed && type != 'S' && type != 'X') return 0;
    switch (type) {
    case 'Q': {
        Kind kind = kind_of(session, body);
        if (kind == UNKNOWN) refuse(session, body);
        else {
            if (kind <= PROTECTED_ROWS) put_description(out, kind);
            if (execute(session, kind) < 0) return -1;
        }
        put_ready(out);
        return flush(session);
    }
    case 'P': {
        const char *sql = body + strlen(body) + 1;
        Kind kind = kind_of(session, sql);
        if (kind == UNKNOWN) { refuse(session, sql); session->failed = 1; return 0; }
        statement(session, body)->kind = kind;
        put_empty(out, '1');
        return 0;
    }
    case 'B':
        session->portal = statement(session, body + strlen(body) + 1)->kind;
        put_empty(out, '2');
        return 0;
    case 'D':
        if (*body == 'S') {
            Kind kind = statement(session, body + 1)->kind;
            size_t at = begin(out, 't'); put16(out, kind == POINT ? 1 : 0); if (kind == POINT) put32(out, 23); end(out, at);
            put_description(out, kind);
        } else put_description(out, session->portal);
        return 0;
    case 'E': return execute(session, session->portal);
    case 'C': put_empty(out, '3'); return 0;
    case 'H': return flush(session);
    case 'S': session->failed = 0; put_ready(out); return flush(session);
    default: return -1;
    }
}

static void serve(Session *session)
{
    size_t capacity = READ_SIZE, length = 0;
    uint8_t *buffer = malloc(capacity + 1);
    for (;;) {
        ssize_t got = recv(session->socket, buffer + length, capacity - length, 0);
        if (got <= 0) break;
        length += (size_t)got;
        size_t at = 0;
        while (length - at >= 5) {
            uint32_t size;
            memcpy(&size, buffer + at + 1, 4);
            size = ntohl(size) + 1;
            if (size > capacity) goto done;
            if (length - at < size) break;
            uint8_t *after = buffer + at + size, kept = *after;
            *after = 0;
            int result = answer(session, (char)buffer[at], (char *)buffer + at + 5);
            *after = kept;
            if (result < 0) goto done;
            at += size;
        }
        memmove(buffer, buffer + at, length - at);
        length -= at;
    }
done:
    free(buffer);
}

/* ---- connections ---- */

static void pass_through(int client, const uint8_t *startup, size_t length)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)upstream_port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    uint8_t buffer[READ_SIZE / 4];
    if (connect(server, (struct sockaddr *)&address, sizeof address) < 0 || send_all(server, startup, length) < 0) goto done;
    struct pollfd legs[2] = { { .fd = client, .events = POLLIN }, { .fd = server, .events = POLLIN } };
    while (poll(legs, 2, -1) > 0)
        for (int i = 0; i < 2; i++)
            if (legs[i].revents) {
                ssize_t got = recv(legs[i].fd, buffer, sizeof buffer, 0);
                if (got <= 0 || send_all(legs[1 - i].fd, buffer, (size_t)got) < 0) goto done;
            }
done:
    close(server);
}

/* Reads the startup packet; SSL and GSS requests are answered N. Returns its length, 0 for a connection that is over. */
static size_t read_startup(int socket, uint8_t *packet, size_t capacity)
{
    for (;;) {
        uint32_t length, code;
        if (recv(socket, packet, 8, MSG_WAITALL) != 8) return 0;
        memcpy(&length, packet, 4); memcpy(&code, packet + 4, 4);
        length = ntohl(length); code = ntohl(code);
        if (code == SSL_REQUEST || code == GSS_REQUEST) { if (send_all(socket, (const uint8_t *)"N", 1) < 0) return 0; continue; }
        if (code != PROTOCOL_3_0 || length < 9 || length > capacity) return 0;
        return recv(socket, packet + 8, length - 8, MSG_WAITALL) == (ssize_t)(length - 8) ? length : 0;
    }
}

static int is_pass_user(const uint8_t *packet, size_t length)
{
    for (const char *at = (const char *)packet + 8, *stop = (const char *)packet + length; at < stop && *at;) {
        const char *value = at + strlen(at) + 1;
        if (!strcmp(at, "user")) return !strcmp(value, pass_user);
        at = value + strlen(value) + 1;
    }
    return 0;
}

static void greet(Session *session, uint32_t number)
{
    Bytes *out = &session->out;
    size_t at = begin(out, 'R'); put32(out, 0); end(out, at);
    static const char *parameters[][2] = {
        { "application_name", "" }, { "client_encoding", "UTF8" }, { "DateStyle", "ISO, MDY" },
        { "default_transaction_read_only", "off" }, { "in_hot_standby", "off" }, { "integer_datetimes", "on" },
        { "IntervalStyle", "postgres" }, { "is_superuser", "on" }, { "server_encoding", "UTF8" },
        { "server_version", "15.0" }, { "session_authorization", "bench" }, { "standard_conforming_strings", "on" },
        { "TimeZone", "Etc/UTC" } };
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) put_parameter(out, parameters[i][0], parameters[i][1]);
    at = begin(out, 'K'); put32(out, number); put32(out, number * 2654435761u); end(out, at);
    put_ready(out);
}

static void *connection(void *argument)
{
    static uint32_t numbers;
    int socket = (int)(intptr_t)argument, on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    uint8_t packet[4096];
    size_t length = read_startup(socket, packet, sizeof packet);
    if (length && upstream_port && is_pass_user(packet, length)) pass_through(socket, packet, length);
    else if (length) {
        Session *session = calloc(1, sizeof *session);
        session->socket = socket;
        greet(session, __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED));
        if (flush(session) == 0) serve(session);
        free(session->out.bytes);
        free(session);
    }
    close(socket);
    return NULL;
}

int main(int count, char **arguments)
{
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (!strcmp(name, "--port")) listen_port = atoi(value);
        else if (!strcmp(name, "--rows")) row_count = atoi(value);
        else if (!strcmp(name, "--point-oid")) point_oid = (uint32_t)atol(value);
        else if (!strcmp(name, "--open-oid")) open_oid = (uint32_t)atol(value);
        else if (!strcmp(name, "--protected-oid")) protected_oid = (uint32_t)atol(value);
        else if (!strcmp(name, "--pass-user")) pass_user = value;
        else if (!strcmp(name, "--pass-port")) upstream_port = atoi(value);
        else { fprintf(stderr, "canned: unknown option %s\n", name); return 2; }
    }
    build_blocks();
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
