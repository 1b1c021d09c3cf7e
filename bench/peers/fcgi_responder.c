/* The small responder behind lighttpd and nginx: FastCGI on a Unix socket, one epoll loop, connections kept open when
 * the server asks for it. Each answer lies ready in memory, records and all, and leaves in as few writes as the socket
 * takes: no responder can cost its server less.
 *
 * usage: fcgi_responder SOCKET */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../pattern.h"

enum {
  MAX_CONNECTIONS = 20000,
  INPUT_SIZE = 16384,
  RECORD_HEADER = 8,
  BEGIN_REQUEST = 1,
  END_REQUEST = 3,
  PARAMS = 4,
  STDIN = 5,
  STDOUT = 6,
  KEEP_CONNECTION = 1,
  REQUEST_ID = 1 /* Neither nginx nor lighttpd multiplexes a connection. */
};

struct answer {
  const char* path;
  size_t size;
  size_t record; /* Bytes of content a record, as the helper's frames have them. */
  char* bytes;
  size_t length;
};

static struct answer answers[] = {
    {"/bench/hello", 0, 0, NULL, 0}, /* First: what any other path gets. */
    {"/bench/64k-1k", 64 << 10, 1 << 10, NULL, 0},
    {"/bench/16m-1k", 16 << 20, 1 << 10, NULL, 0},
    {"/bench/16m-8k", 16 << 20, 8 << 10, NULL, 0},
};
enum { ANSWERS = sizeof answers / sizeof answers[0] };

struct connection {
  char input[INPUT_SIZE];
  size_t filled;
  const struct answer* answer; /* Of the request that is being read or answered. */
  size_t sent;
  int answering;
  int keep;
  int watching_output;
};

static struct connection* connections[MAX_CONNECTIONS];
static int epoll_fd;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static char* put_header(char* at, int type, size_t length) {
  const unsigned char header[RECORD_HEADER] = {
      1, (unsigned char)type, 0, REQUEST_ID, (unsigned char)(length >> 8), (unsigned char)length, 0, 0};
  memcpy(at, header, sizeof header);
  return at + sizeof header;
}

static char* put_record(char* at, int type, const void* content, size_t length) {
  at = put_header(at, type, length);
  memcpy(at, content, length);
  return at + length;
}

static void prepare(struct answer* answer, const unsigned char* pattern) {
  static const char hello[] = "Hello, world!";
  static const char end[8] = {0};
  const size_t size = answer->size > 0 ? answer->size : sizeof hello - 1;
  const size_t record = answer->record > 0 ? answer->record : size;
  char head[128];
  /* A large answer's length is unknown at its start, as it is to a helper; nobody would leave out a small one's. */
  const int head_length =
      answer->size == 0 ? snprintf(head, sizeof head, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", size)
                        : snprintf(head, sizeof head, "Content-Type: text/plain\r\n\r\n");
  char* at = answer->bytes = malloc(size + (size / record + 8) * RECORD_HEADER + sizeof head);
  if (at == NULL) die("malloc");
  /* The head shares the record of a small body, as one FCGI_printf would have it. */
  if (answer->size == 0) {
    at = put_header(at, STDOUT, (size_t)head_length + size);
    memcpy(at, head, (size_t)head_length);
    memcpy(at + head_length, hello, size);
    at += (size_t)head_length + size;
  } else {
    at = put_record(at, STDOUT, head, (size_t)head_length);
    for (size_t offset = 0; offset < size; offset += record) {
      at = put_record(at, STDOUT, pattern + offset % BENCH_PATTERN_PERIOD, record);
    }
  }
  at = put_header(at, STDOUT, 0);
  at = put_record(at, END_REQUEST, end, sizeof end);
  answer->length = (size_t)(at - answer->bytes);
}

static void watch(int fd, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(epoll_fd, operation, fd, &event);
}

static void drop(int fd) {
  free(connections[fd]);
  connections[fd] = NULL;
  close(fd);
}

static size_t name_or_value_length(const unsigned char** at) {
  if ((*at)[0] < 128) return *(*at)++;
  const size_t length =
      ((size_t)((*at)[0] & 127) << 24) | ((size_t)(*at)[1] << 16) | ((size_t)(*at)[2] << 8) | (*at)[3];
  *at += 4;
  return length;
}

static void read_params(struct connection* connection, const unsigned char* at, size_t length) {
  static const char wanted[] = "SCRIPT_NAME";
  const unsigned char* end = at + length;
  while (at < end) {
    const size_t name = name_or_value_length(&at);
    const size_t value = name_or_value_length(&at);
    if (name == sizeof wanted - 1 && memcmp(at, wanted, name) == 0) {
      for (int i = 0; i < ANSWERS; ++i) {
        if (strlen(answers[i].path) == value && memcmp(at + name, answers[i].path, value) == 0) {
          connection->answer = &answers[i];
        }
      }
    }
    at += name + value;
  }
}

/* Sends what the socket takes. False: the connection is over. */
static int send_answer(int fd, struct connection* connection) {
  const struct answer* answer = connection->answer;
  while (connection->sent < answer->length) {
    const ssize_t count = send(fd, answer->bytes + connection->sent, answer->length - connection->sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      if (!connection->watching_output) watch(fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      connection->watching_output = 1;
      return 1;
    }
    if (count < 0) return 0;
    connection->sent += (size_t)count;
  }
  if (connection->watching_output) watch(fd, EPOLL_CTL_MOD, EPOLLIN);
  connection->watching_output = 0;
  connection->answering = 0;
  return connection->keep;
}

/* Takes the records that are there. False: the connection is over. */
static int take_records(int fd, struct connection* connection) {
  size_t taken = 0;
  while (!connection->answering && connection->filled - taken >= RECORD_HEADER) {
    const unsigned char* record = (const unsigned char*)connection->input + taken;
    const size_t length = (size_t)record[4] << 8 | record[5];
    const size_t whole = RECORD_HEADER + length + record[6];
    if (whole > INPUT_SIZE) return 0;
    if (connection->filled - taken < whole) break;
    taken += whole;
    if (record[1] == BEGIN_REQUEST) {
      connection->keep = (record[RECORD_HEADER + 2] & KEEP_CONNECTION) != 0;
      connection->answer = &answers[0];
    } else if (record[1] == PARAMS) {
      read_params(connection, record + RECORD_HEADER, length);
    } else if (record[1] == STDIN && length == 0) {
      connection->answering = 1;
      connection->sent = 0;
      if (!send_answer(fd, connection)) return 0;
    }
  }
  memmove(connection->input, connection->input + taken, connection->filled - taken);
  connection->filled -= taken;
  return 1;
}

static int serve(int fd, struct connection* connection, uint32_t events) {
  if (connection->answering && (events & EPOLLOUT) && !send_answer(fd, connection)) return 0;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    const ssize_t count =
        recv(fd, connection->input + connection->filled, sizeof connection->input - connection->filled, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return 0;
    if (count > 0) connection->filled += (size_t)count;
  }
  return take_records(fd, connection);
}

static void accept_all(int listener) {
  for (;;) {
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (fd >= MAX_CONNECTIONS || (connections[fd] = calloc(1, sizeof *connections[fd])) == NULL) {
      close(fd);
      continue;
    }
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
  }
}

int main(int argc, char** argv) {
  static unsigned char pattern[BENCH_PATTERN_SIZE];
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) {
    fprintf(stderr, "usage: fcgi_responder SOCKET\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  bench_pattern_fill(pattern);
  for (int i = 0; i < ANSWERS; ++i) prepare(&answers[i], pattern);

  strcpy(address.sun_path, argv[1]);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) die("bind");
  if (listen(listener, SOMAXCONN) != 0) die("listen");
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  watch(listener, EPOLL_CTL_ADD, EPOLLIN);
  printf("listening on %s\n", argv[1]);
  fflush(stdout);

  for (;;) {
    struct epoll_event events[256];
    const int count = epoll_wait(epoll_fd, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        accept_all(listener);
      } else if (connections[fd] != NULL && !serve(fd, connections[fd], events[i].events)) {
        drop(fd);
      }
    }
  }
}
