#include "external/helper_report.h"

#include <csignal>
#include <cstdio>

#include "external/exit_hints.h"

namespace kismet {

std::string in_seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", std::chrono::duration<double>(time).count());
  return text;
}

std::string exit_text(const RunEnd& end) {
  return end.exit.status.text() + " after " + in_seconds(end.ran_for);
}

std::string summary_of(const RunEnd& end) {
  std::string text = (end.fault.empty() ? "" : end.fault + "; ") + "ended with " + exit_text(end);
  if (end.fault.empty() && end.session.kind == SessionEnd::Kind::shutdown_by_helper) {
    text += ", as it announced" + (end.session.detail.empty() ? "" : ": " + end.session.detail);
  }
  if (end.forced == SIGKILL) text += " (it ignored SIGTERM)";
  if (end.forced == SIGTERM && end.fault.empty()) {
    text += end.asked ? " (it ignored SHUTDOWN)" : " (it closed its pipes, but did not end)";
  }
  return text;
}

HelperReport report_on_start(const HelperDefinition& definition, std::string reason, std::string hint, WallTime now) {
  HelperReport report;
  report.time = now;
  report.summary = "cannot be started: " + std::move(reason);
  if (!definition.defined_at.empty()) report.summary += " (" + definition.defined_at + ")";
  report.hint = std::move(hint);
  return report;
}

HelperReport report_on_run(const HelperDefinition& definition, ::pid_t pid, const RunEnd& end, WallTime now) {
  HelperReport report;
  report.time = now;
  report.pid = pid;
  report.ran_for = end.ran_for;
  report.summary = summary_of(end);
  report.exit = end.exit.status.text();
  report.session = end.session.detail;
  report.hint = exit_hint(end.exit.status, end.output, definition.limits);
  report.output.assign(end.output.begin(), end.output.end());
  report.frames = end.frames;
  report.ended = end.ended;
  report.use = end.exit.use;
  return report;
}

std::string HelperReport::message() const {
  std::string text = summary;
  if (pid > 0) text += ", " + use.text();
  if (!hint.empty()) text += "; hint: " + hint;
  if (!output.empty()) text += "; it said last: " + output.back();
  return text;
}

}  // namespace kismet
