#include "server/ctl_top.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ostream>
#include <vector>

#include "server/ctl_json.h"
#include "server/ctl_lines.h"
#include "server/ctl_table.h"

namespace kismet {

namespace {

using Json = nlohmann::json;
using Align = CtlTable::Align;

constexpr std::size_t kMessages = 8;
constexpr int kRefresh = 1000;  // Milliseconds.

/// Set by signals that end the program, so that the terminal is given back as it was.
volatile std::sig_atomic_t asked_to_end = 0;

/// The terminal while `top` has it: keys come at once and are not shown, and the screen is another one.
class Screen {
 public:
  explicit Screen(std::ostream& out) : out_(out) {
    known_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (known_) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, [](int) { asked_to_end = 1; });
    out_ << "\x1b[?1049h\x1b[?25l" << std::flush;
  }
  ~Screen() {
    out_ << "\x1b[?25h\x1b[?1049l" << std::flush;
    if (known_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  static TopView::Size size() {
    winsize now{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || now.ws_row == 0) return {24, 80};
    return {now.ws_row, now.ws_col};
  }
  void show(const std::string& page) {
    std::string text = "\x1b[H";
    for (const char c : page) text += c == '\n' ? "\x1b[K\r\n" : std::string(1, c);
    out_ << text << "\x1b[J" << std::flush;
  }
  /// Waits for the next look; false: that was the last one.
  bool wait() const {
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&keys, 1, kRefresh);
    if (asked_to_end != 0) return false;
    if (ready <= 0) return true;
    char key = 0;
    const ssize_t count = ::read(STDIN_FILENO, &key, 1);
    return count > 0 ? key != 'q' && key != 'Q' && key != '\x03' && key != '\x04' : count < 0;
  }

 private:
  std::ostream& out_;
  termios before_{};
  bool known_ = false;
};

std::string look_at(const CtlClient& client, TopView::Look& look) {
  const auto fetch = [&client](const char* target, Json& into) {
    const CtlAnswer answer = client.get(target);
    if (!answer.good()) return answer.reason();
    into = Json::parse(answer.body, nullptr, false);
    return std::string();
  };
  look.at = std::chrono::steady_clock::now();
  std::string fault = fetch("/system/status.json", look.status);
  if (fault.empty()) fault = fetch("/helpers/all.json", look.helpers);
  if (fault.empty()) fault = fetch("/messagebus/all_messages.json", look.messages);
  return fault;
}

/// The columns that a terminal's line may have, without those that only colour it.
std::string fitted(const std::string& text, std::size_t columns) {
  std::string out;
  std::size_t shown = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\x1b') {
      const std::size_t end = std::min(text.find('m', at), text.size() - 1) + 1;
      out.append(text, at, end - at);
      at = end;
      continue;
    }
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (text[at] == '\n') {
      shown = 0;
      out += '\n';
    } else if (!begins ? shown <= columns : shown < columns) {
      out += text[at];
    }
    shown += begins && text[at] != '\n';
    ++at;
  }
  return out;
}

std::string first_lines(const std::string& text, std::size_t count) {
  std::size_t end = 0;
  for (; count > 0 && end < text.size(); --count) {
    const std::size_t line = text.find('\n', end);
    if (line == std::string::npos) return text;
    end = line + 1;
  }
  return text.substr(0, end);
}

}  // namespace

std::string TopView::head(const Look& look, bool colours) const {
  double open = 0;
  std::size_t ready = 0;
  for (const Json& helper : look.helpers) {
    open += number_at(helper, "kismet.helper.open_exchanges");
    ready += text_at(helper, "kismet.helper.state") == "ready";
  }
  const double up = number_at(look.status, "kismet.system.timestamp.sec") -
                    number_at(look.status, "kismet.system.timestamp.start_sec");
  return coloured("kismet " + text_at(look.status, "kismet.system.version"), Colour::bold, colours) + "  up " +
         shown_duration(up) + ", memory " + shown_bytes(number_at(look.status, "kismet.system.memory.rss") * 1024) +
         ", " + whole_at(look.status, "kismet.system.num_http_connections") + " connections, " + std::to_string(ready) +
         " of " + std::to_string(look.helpers.size()) + " helpers ready, " +
         std::to_string(static_cast<long long>(open)) + " open requests\n\n";
}

std::string TopView::page(const Look& look, Size size, bool colours) {
  CtlTable table({{"HELPER"},
                  {"STATE"},
                  {"PID", Align::right},
                  {"UPTIME", Align::right},
                  {"RTT", Align::right},
                  {"OPEN", Align::right},
                  {"REQ/S", Align::right},
                  {"BYTES/S", Align::right},
                  {"QUEUE", Align::right},
                  {"LAG", Align::right},
                  {"RESTARTS", Align::right}});
  const double passed = std::chrono::duration<double>(look.at - before_at_).count();
  std::map<std::string, Counts> now;
  for (const Json& helper : look.helpers) {
    const std::string name = text_at(helper, "kismet.helper.name");
    const std::string state = text_at(helper, "kismet.helper.state");
    const Json& counters = json_at(helper, "kismet.helper.counters");
    const Counts counts{number_at(helper, "kismet.helper.requests_total"),
                        number_at(counters, "bytes_in") + number_at(counters, "bytes_out")};
    const auto known = before_.find(name);
    // A count that went back is of a process that is new.
    const auto rate = [&](double Counts::*count) {
      const double grown = known == before_.end() ? 0 : counts.*count - known->second.*count;
      return grown > 0 && passed > 0 ? grown / passed : 0;
    };
    const bool rates = known != before_.end();
    const double up = number_at(helper, "kismet.helper.uptime");
    const std::string pid = whole_at(helper, "kismet.helper.pid");
    const Colour colour = state == "ready" ? Colour::green : state == "failed" ? Colour::red : Colour::yellow;
    const double rtt = number_at(helper, "kismet.helper.round_trip_us");
    table.add({printable(name),
               {state, colour},
               pid == "0" ? "-" : pid,
               up > 0 ? shown_duration(up) : "-",
               rtt > 0 ? shown_duration(rtt / 1e6) : "-",
               whole_at(helper, "kismet.helper.open_exchanges"),
               rates ? shown_count(rate(&Counts::requests)) : "-",
               rates ? shown_bytes(rate(&Counts::bytes)) : "-",
               shown_bytes(number_at(json_at(helper, "kismet.helper.queues"), "to_helper_bytes")),
               whole_at(json_at(helper, "kismet.helper.subscriptions"), "lag"),
               std::to_string(std::max(0LL, static_cast<long long>(number_at(helper, "kismet.helper.starts")) - 1))});
    now[name] = counts;
  }
  before_ = std::move(now);
  before_at_ = look.at;

  std::string messages;
  const std::size_t count = look.messages.size();
  for (std::size_t i = count - std::min(count, kMessages); i < count; ++i) {
    messages += show_message(look.messages[i], colours);
  }
  std::string text = head(look, colours) + table.text(colours) + "\n";
  if (size.rows > 0) {  // The messages are always there; of the helpers what fits.
    const auto lines = static_cast<std::size_t>(std::count(messages.begin(), messages.end(), '\n'));
    text = first_lines(text, size.rows - std::min(size.rows, lines + 1)) + first_lines(messages, lines);
    return fitted(text, size.columns);
  }
  return text + messages;
}

CtlExit run_top(const CtlClient& client, TopOutput where, std::ostream& out, std::ostream& err) {
  TopView view;
  TopView::Look look;
  std::string fault = look_at(client, look);
  if (fault.empty() && !where.terminal) {
    out << view.page(look, {}, false) << std::flush;
    return CtlExit::ok;
  }
  if (fault.empty()) {
    Screen screen(out);
    do {
      screen.show(view.page(look, Screen::size(), where.colours));
      if (!screen.wait()) return CtlExit::ok;
      fault = look_at(client, look);
    } while (fault.empty());
  }
  err << "kismet ctl: " << fault << '\n';
  return CtlExit::refused;
}

}  // namespace kismet
