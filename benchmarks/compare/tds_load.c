/* Point queries over TDS as fast as answers come, as pgbench -S does it over PostgreSQL's protocol: two threads, each with its share of
 * the connections, the next request when the answer is there. It knows of an answer where it ends and whether an error begins it.
 *
 *   --mode executesql   sp_executesql, the same text and another parameter each time (what SqlClient and the mappers above it send)
 *   --mode execute      sp_execute of a handle that sp_prepexec gave
 *   --mode batch        a batch with the number in its text, so that hardly a text comes twice
 *   --mode same         the same batch each time
 *   --mode connect      a connection for each batch
 *
 * Prints: transactions, transactions per second, median and 99th percentile in microseconds. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "tds_wire.h"

enum { MOST_US = 2000000, MOST_CLIENTS = 4096 };
enum { ENVCHANGE = 0xe3, COLMETADATA = 0x81 };
typedef enum { EXECUTESQL, EXECUTE, BATCH, SAME, CONNECT } Mode;
typedef enum { PRELOGGING, LOGGING_IN, PREPARING, RUNNING } Stage;

typedef struct {
    int socket;
    Stage stage;
    uint64_t began;
    Bytes out;
    uint8_t in[65536];
    size_t length;
    uint32_t handle;
    uint8_t first;   /* the answer's first token */
} Client;

typedef struct { int poll, clients; uint64_t transactions, random; uint32_t *latencies; Client *all; } Worker;

static int port, client_count = 1, seconds = 2, scale = 1;
static Mode mode;
static uint64_t deadline;
static volatile int failed;

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint32_t next_id(Worker *worker)
{
    worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(worker->random >> 33) % (100000u * (uint32_t)scale) + 1;
}

/* ---- the requests ---- */

static void begin(Bytes *to) { to->length = 0; put(to, "\0\0\0\0\0\0\0\0", HEADER); }

static void send_request(Client *client, uint8_t type)
{
    set_header(client->out.bytes, type, LAST, client->out.length, 1);
    if (send_all(client->socket, client->out.bytes, client->out.length) < 0) fail("send");
}

/* ALL_HEADERS with a transaction descriptor (2.2.5.3). */
static void put_headers(Bytes *to)
{
    put32(to, 22); put32(to, 18); put16(to, 2); put32(to, 0); put32(to, 0); put32(to, 1);
}

static void put_text_parameter(Bytes *to, const char *text)
{
    put8(to, 0); put8(to, 0); put8(to, 0xe7); put16(to, 8000); put_collation(to);
    put16(to, (uint16_t)(strlen(text) * 2)); put_wide(to, text);
}

static void put_int_parameter(Bytes *to, const char *name, uint8_t status, int is_null, uint32_t value)
{
    put_name(to, name); put8(to, status); put8(to, 0x26); put8(to, 4);
    put8(to, is_null ? 0 : 4);
    if (!is_null) put32(to, value);
}

static void put_call(Bytes *to, uint16_t procedure) { put_headers(to); put16(to, 0xffff); put16(to, procedure); put16(to, 0); }

static const char *statement = "SELECT abalance FROM pgbench_accounts WHERE aid = @aid";

static void run(Worker *worker, Client *client)
{
    Bytes *out = &client->out;
    uint8_t type = RPC;
    begin(out);
    if (client->stage == PREPARING) {
        put_call(out, SP_PREPEXEC);
        put_int_parameter(out, "", 1, 1, 0);
        put_text_parameter(out, "@aid int"); put_text_parameter(out, statement);
        put_int_parameter(out, "@aid", 0, 0, next_id(worker));
    } else if (mode == EXECUTE) {
        put_call(out, SP_EXECUTE);
        put_int_parameter(out, "", 0, 0, client->handle);
        put_int_parameter(out, "@aid", 0, 0, next_id(worker));
    } else if (mode == EXECUTESQL) {
        put_call(out, SP_EXECUTESQL);
        put_text_parameter(out, statement); put_text_parameter(out, "@aid int");
        put_int_parameter(out, "@aid", 0, 0, next_id(worker));
    } else {
        char text[100];
        snprintf(text, sizeof text, "SELECT abalance FROM pgbench_accounts WHERE aid = %u", mode == SAME ? 4711 : next_id(worker));
        put_headers(out); put_wide(out, text);
        type = SQL_BATCH;
    }
    send_request(client, type);
}

static void log_in(Client *client)
{
    static const char *texts[] = { "", "bench", "", "tds_load", "127.0.0.1", "", "tds_load", "", "bench" };
    enum { HEAD = 94 };
    Bytes *out = &client->out;
    begin(out);
    uint8_t head[HEAD] = { 0 };
    uint32_t numbers[] = { 0, 0x74000004, PACKET_SIZE, 0x07000000, (uint32_t)getpid(), 0 };
    uint16_t at = HEAD;
    memcpy(head, numbers, sizeof numbers);
    head[24] = 0xe0; head[25] = 0x03;
    uint8_t *place = head + 36;
    for (int i = 0; i < 9; i++, place += 4) {
        uint16_t pair[] = { at, (uint16_t)strlen(texts[i]) };
        memcpy(place, pair, 4);
        at = (uint16_t)(at + 2 * strlen(texts[i]));
    }
    place += 6;
    for (int i = 0; i < 3; i++) memcpy(place + 4 * i, &at, 2);
    uint32_t length = at;
    memcpy(head, &length, 4);
    put(out, head, HEAD);
    for (int i = 0; i < 9; i++) put_wide(out, texts[i]);
    send_request(client, LOGIN7);
}

static void open_connection(Worker *worker, Client *client)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;
    client->began = now_us();
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (client->socket < 0 || connect(client->socket, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    if (epoll_ctl(worker->poll, EPOLL_CTL_ADD, client->socket, &event) < 0) fail("epoll_ctl");
    client->stage = PRELOGGING;
    client->length = 0;
    begin(&client->out);
    put_prelogin(&client->out);
    send_request(client, PRELOGIN);
}

/* ---- the answers ---- */

static void give_up(const char *what) { fprintf(stderr, "tds_load: %s\n", what); failed = 1; }

/* The texts in a packet, which are UTF-16: what is not ASCII is left out. */
static void give_up_by(const char *what, const uint8_t *packet, size_t length)
{
    for (size_t i = HEADER; i < length; i++) if (packet[i] >= ' ' && packet[i] < 127) fputc(packet[i], stderr);
    fputc('\n', stderr);
    give_up(what);
}

static void begin_transaction(Worker *worker, Client *client)
{
    if (mode != CONNECT) client->began = now_us();
    client->stage = RUNNING;
    run(worker, client);
}

static void answered(Worker *worker, Client *client, const uint8_t *packet, size_t length)
{
    switch (client->stage) {
    case PRELOGGING:
        client->stage = LOGGING_IN;
        log_in(client);
        return;
    case LOGGING_IN:
        if (packet[HEADER] != ENVCHANGE) { give_up_by("the login was refused", packet, length); return; }
        if (mode != EXECUTE) { begin_transaction(worker, client); return; }
        client->stage = PREPARING;
        run(worker, client);
        return;
    case PREPARING:
        /* RETURNVALUE stands before the DONEPROC that ends the answer; its last four bytes are the handle. */
        if (client->first != COLMETADATA || length < HEADER + 17) { give_up("nothing was prepared"); return; }
        memcpy(&client->handle, packet + length - 17, 4);
        begin_transaction(worker, client);
        return;
    default: {
        if (client->first != COLMETADATA) { give_up_by("an error instead of an answer", packet, length); return; }
        uint64_t now = now_us(), took = now - client->began;
        worker->transactions++;
        worker->latencies[took < MOST_US ? took : MOST_US - 1]++;
        if (mode == CONNECT) {
            close(client->socket);
            if (now < deadline) open_connection(worker, client);
        } else if (now < deadline)
            begin_transaction(worker, client);
        if (now >= deadline) worker->clients--;
    }
    }
}

static void receive(Worker *worker, Client *client)
{
    ssize_t got = recv(client->socket, client->in + client->length, sizeof client->in - client->length, 0);
    if (got <= 0) { give_up("the connection was closed"); return; }
    client->length += (size_t)got;
    size_t at = 0, size;
    while (client->length - at >= HEADER && client->length - at >= (size = packet_length(client->in + at))) {
        uint8_t *packet = client->in + at;
        if (size <= HEADER || packet[0] != TABULAR) { give_up("an answer that is none"); return; }
        if (packet[6] == 1) client->first = packet[HEADER];
        at += size;
        if (packet[1] & LAST) {
            /* One request at a time: nothing can stand behind its answer. */
            if (at != client->length) { give_up("an answer to nothing"); return; }
            client->length = 0;
            answered(worker, client, packet, size);
            return;
        }
    }
    memmove(client->in, client->in + at, client->length - at);
    client->length -= at;
}

static void *work(void *argument)
{
    Worker *worker = argument;
    struct epoll_event events[64];
    for (int i = 0, count = worker->clients; i < count; i++) open_connection(worker, &worker->all[i]);
    while (worker->clients > 0 && !failed) {
        int count = epoll_wait(worker->poll, events, 64, 10000);
        if (count == 0) give_up("no answer within ten seconds");
        for (int i = 0; i < count && !failed; i++) receive(worker, events[i].data.ptr);
    }
    return NULL;
}

static uint64_t percentile(Worker *workers, int count, uint64_t total, double share)
{
    uint64_t seen = 0, wanted = (uint64_t)((double)total * share);
    for (uint64_t i = 0; i < MOST_US; i++) {
        for (int worker = 0; worker < count; worker++) seen += workers[worker].latencies[i];
        if (seen > wanted) return i;
    }
    return MOST_US;
}

int main(int count, char **arguments)
{
    static const char *modes[] = { "executesql", "execute", "batch", "same", "connect" };
    int known = 0;
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (!strcmp(name, "--port")) port = atoi(value);
        else if (!strcmp(name, "--clients")) client_count = atoi(value);
        else if (!strcmp(name, "--seconds")) seconds = atoi(value);
        else if (!strcmp(name, "--scale")) scale = atoi(value);
        else if (!strcmp(name, "--mode")) { for (int m = 0; m < 5; m++) if (!strcmp(value, modes[m])) { mode = (Mode)m; known = 1; } }
        else { fprintf(stderr, "tds_load: unknown option %s\n", name); return 2; }
    }
    if (!known || client_count < 1 || client_count > MOST_CLIENTS || seconds < 1 || scale < 1) { fprintf(stderr, "tds_load: bad options\n"); return 2; }
    int threads = client_count < 2 ? 1 : 2;
    Worker workers[2] = { 0 };
    pthread_t ids[2];
    uint64_t begun = now_us(), total = 0;
    deadline = begun + (uint64_t)seconds * 1000000;
    for (int i = 0; i < threads; i++) {
        Worker *worker = &workers[i];
        worker->clients = client_count / threads + (i < client_count % threads);
        worker->random = (uint64_t)(i + 1) * 0x9e3779b97f4a7c15u ^ begun;
        worker->latencies = calloc(MOST_US, sizeof *worker->latencies);
        worker->all = calloc((size_t)worker->clients, sizeof(Client));
        worker->poll = epoll_create1(0);
        if (!worker->latencies || !worker->all || worker->poll < 0) fail("begin");
        if (pthread_create(&ids[i], NULL, work, worker)) fail("pthread_create");
    }
    for (int i = 0; i < threads; i++) { pthread_join(ids[i], NULL); total += workers[i].transactions; }
    if (failed || total == 0) return 1;
    printf("%lu %.1f %lu %lu\n", (unsigned long)total, (double)total * 1e6 / (double)(now_us() - begun),
           (unsigned long)percentile(workers, threads, total, 0.5), (unsigned long)percentile(workers, threads, total, 0.99));
    return 0;
}
