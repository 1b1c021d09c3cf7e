#include "external/output_lines.h"

#include <algorithm>

namespace kismet {

void LineSplitter::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (end != std::string_view::npos) {
      emit(part);
      bytes.remove_prefix(end + 1);
      continue;
    }
    const std::size_t kept = std::min(part.size(), limit_ - begun_.size());
    begun_.append(part.substr(0, kept));
    cut_ += part.size() - kept;
    begun_any_ = true;
    return;
  }
}

void LineSplitter::finish() {
  if (begun_any_) emit({});
}

void LineSplitter::emit(std::string_view rest) {
  const std::size_t kept = std::min(rest.size(), limit_ - begun_.size());
  cut_ += rest.size() - kept;
  std::string_view line = rest.substr(0, kept);
  if (begun_any_ || cut_ > 0) {
    begun_.append(line);
    if (cut_ > 0) begun_ += " [" + std::to_string(cut_) + " bytes cut]";
    line = begun_;
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  on_line_(line);
  begun_.clear();
  begun_any_ = false;
  cut_ = 0;
}

OutputLog::OutputLog(const Clock& clock, const OutputSettings& settings, Say say)
    : clock_(clock), settings_(settings), say_(std::move(say)), second_began_(clock.now()) {}

void OutputLog::add(std::string_view line) {
  ++lines_;
  if (last_.size() >= settings_.kept_lines && !last_.empty()) last_.pop_front();
  if (settings_.kept_lines > 0) last_.emplace_back(line);
  if (clock_.now() - second_began_ >= std::chrono::seconds(1)) flush();
  if (line.empty()) return;
  if (said_lines_ >= settings_.lines_a_second || said_bytes_ + line.size() > settings_.bytes_a_second) {
    ++suppressed_lines_;
    suppressed_bytes_ += line.size();
    ++suppressed_total_;
    return;
  }
  ++said_lines_;
  said_bytes_ += line.size();
  say_(line);
}

void OutputLog::flush() {
  if (suppressed_lines_ > 0) {
    say_("[" + std::to_string(suppressed_lines_) + " lines, " + std::to_string(suppressed_bytes_) +
         " bytes of output suppressed]");
  }
  second_began_ = clock_.now();
  said_lines_ = said_bytes_ = suppressed_lines_ = suppressed_bytes_ = 0;
}

}  // namespace kismet
