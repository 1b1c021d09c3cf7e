#include "msgbus/sinks.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <utility>

#include "msgbus/message_text.h"
#include "msgbus/polled_fd.h"

namespace kismet {

namespace {

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return spdlog::level::debug;
    case Severity::error:
      return spdlog::level::err;
    case Severity::alert:
      return spdlog::level::warn;
    case Severity::fatal:
      return spdlog::level::critical;
    case Severity::info:
      break;
  }
  return spdlog::level::info;
}

constexpr std::size_t kWidest = std::string_view("ERROR").size();

/// The severity's name, where spdlog's own level names would say "warning" for an alert.
class SeverityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& out) override {
    for (const Severity s : {Severity::debug, Severity::info, Severity::error, Severity::alert, Severity::fatal}) {
      if (level_of(s) != line.level) continue;
      const std::string_view name = severity_name(s);
      out.append(name.data(), name.data() + name.size());
      if (name.size() < kWidest) out.push_back(' ');
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<SeverityFlag>(); }
};

std::string_view colour_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "\033[36m";
    case spdlog::level::info:
      return "\033[32m";
    case spdlog::level::warn:
      return "\033[33;1m";
    case spdlog::level::critical:
      return "\033[1;41m";
    default:
      return "\033[31;1m";
  }
}

bool wants_colour(const ConsoleSettings& settings) {
  if (settings.colour) return *settings.colour;
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): at the start, before any thread.
  return isatty(settings.fd) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

/// spdlog's thread calls it, one line at a time.
class LineWriter final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  LineWriter(PolledFd& fd, bool colour, std::function<std::size_t()> lost)
      : fd_(fd), colour_(colour), lost_(std::move(lost)) {
    auto pattern = std::make_unique<spdlog::pattern_formatter>();
    pattern->add_flag<SeverityFlag>('*').set_pattern("%Y-%m-%d %H:%M:%S %^%*%$ %v");
    base_sink::formatter_ = std::move(pattern);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (const std::size_t lost = lost_(); lost > lost_told_) {
      if (fd_.write("... " + std::to_string(lost - lost_told_) + " lines lost: nobody read them in time\n")) {
        lost_told_ = lost;
      }
    }
    spdlog::memory_buf_t buffer;
    base_sink::formatter_->format(message, buffer);
    const std::string_view line(buffer.data(), buffer.size());
    if (!colour_ || message.color_range_end <= message.color_range_start) {
      fd_.write(line);
      return;
    }
    std::string coloured(line.substr(0, message.color_range_start));
    coloured += colour_of(message.level);
    coloured += line.substr(message.color_range_start, message.color_range_end - message.color_range_start);
    coloured += "\033[0m";
    coloured += line.substr(message.color_range_end);
    fd_.write(coloured);
  }
  void flush_() override {}

  PolledFd& fd_;
  const bool colour_;
  const std::function<std::size_t()> lost_;
  std::size_t lost_told_ = 0;
};

}  // namespace

struct ConsoleSink::Impl {
  explicit Impl(const ConsoleSettings& s)
      : settings(s),
        fd(s.fd),
        pool(std::make_shared<spdlog::details::thread_pool>(s.max_queued, 1)),
        logger(std::make_shared<spdlog::async_logger>(
            "console",
            std::make_shared<LineWriter>(fd, wants_colour(s), [p = pool.get()] { return p->overrun_counter(); }), pool,
            spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(s.show_debug ? spdlog::level::debug : spdlog::level::info);
  }

  const ConsoleSettings settings;
  PolledFd fd;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

ConsoleSink::ConsoleSink(const ConsoleSettings& settings) : impl_(std::make_unique<Impl>(settings)) {}

ConsoleSink::~ConsoleSink() {
  impl_->fd.give_up_after(impl_->settings.grace);
  impl_->pool.reset();  // Joins its thread, which still refers to the logger and its sink.
}

void ConsoleSink::write(const Message& message) {
  const std::string line = message.source + ": " + message.text;
  impl_->logger->log(message.time, spdlog::source_loc{}, level_of(message.severity), line);
}

}  // namespace kismet
