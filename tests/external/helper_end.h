#pragma once

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "external/pipe_transport.h"
#include "tests/support/memory_transport.h"

namespace kismet::testing {

/// What lies between the session and the helper that a test plays.
enum class Medium { memory, memory_byte_by_byte, pipes };

/// The helper's end of it.
class HelperEnd {
 public:
  virtual ~HelperEnd() = default;
  virtual void write(std::string_view bytes) = 0;
  virtual std::string read(std::size_t most) = 0;
  virtual void close_output() = 0;
  virtual void close_input() = 0;
  virtual bool at_end() = 0;  // The session has closed the helper's input. Read everything first.
};

class MemoryEnd final : public HelperEnd {
 public:
  explicit MemoryEnd(std::shared_ptr<MemoryWire> wire) : wire_(std::move(wire)) {}
  void write(std::string_view bytes) override {
    wire_->to_session += bytes;
    wire_->readable.notify();
  }
  std::string read(std::size_t most) override {
    std::string bytes = wire_->from_session.substr(0, most);
    wire_->from_session.erase(0, bytes.size());
    if (!bytes.empty()) wire_->writable.notify();
    return bytes;
  }
  void close_output() override {
    wire_->output_closed = true;
    wire_->readable.notify();
  }
  void close_input() override {
    wire_->input_closed = true;
    wire_->writable.notify();
  }
  bool at_end() override { return wire_->from_session.empty() && (wire_->write_closed || wire_->closed); }

 private:
  std::shared_ptr<MemoryWire> wire_;
};

class PipeEnd final : public HelperEnd {
 public:
  PipeEnd(int read_from, int write_to) : in_(read_from), out_(write_to) {
    ::fcntl(in_, F_SETFL, O_NONBLOCK);
    ::fcntl(out_, F_SETFL, O_NONBLOCK);
  }
  ~PipeEnd() override {
    close_input();
    close_output();
  }
  void write(std::string_view bytes) override {
    const ssize_t count = ::write(out_, bytes.data(), bytes.size());
    if (count >= 0 && static_cast<std::size_t>(count) != bytes.size()) throw std::runtime_error("the pipe is full");
  }
  std::string read(std::size_t most) override {
    std::string bytes(std::min<std::size_t>(most, 1 << 20), '\0');
    const ssize_t count = in_ < 0 ? 0 : ::read(in_, bytes.data(), bytes.size());
    at_end_ = count == 0 && in_ >= 0;
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  void close_output() override {
    if (out_ >= 0) ::close(std::exchange(out_, -1));
  }
  void close_input() override {
    if (in_ >= 0) ::close(std::exchange(in_, -1));
  }
  bool at_end() override { return at_end_; }

 private:
  int in_;
  int out_;
  bool at_end_ = false;
};

struct Connection {
  std::unique_ptr<Transport> transport;
  std::unique_ptr<HelperEnd> helper_end;
  std::shared_ptr<MemoryWire> wire;  // Not for pipes.
};

inline Connection connect(Medium medium, Executor executor) {
  if (medium == Medium::pipes) {
    ::signal(SIGPIPE, SIG_IGN);  // As the daemon does.
    std::array<int, 2> in;
    std::array<int, 2> out;
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
    return {std::make_unique<PipeTransport>(executor, out[0], in[1]), std::make_unique<PipeEnd>(in[0], out[1]),
            nullptr};
  }
  const auto wire = std::make_shared<MemoryWire>(executor);
  if (medium == Medium::memory_byte_by_byte) wire->most_a_read = wire->most_a_write = 1;
  return {std::make_unique<MemoryTransport>(wire), std::make_unique<MemoryEnd>(wire), wire};
}

}  // namespace kismet::testing
