#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "external/messages.h"

/// Commands without their credentials, for people who look at a helper's wire and for reports on its end.
namespace kismet::wire {

/// What stands in place of a credential.
constexpr std::string_view kMask = "***";

/// Whether what goes by `name` (a header, a variable, a key of JSON) is a credential.
bool names_credential(std::string_view name);

/// `text`, which is a form or JSON, with the values of credentials masked; anything else comes back as it is.
std::string mask_text(std::string_view text);

/// A command as it may be shown: the helper's token, cookies, Authorization and passwords are masked.
/// Thread rule: none. Its texts are views of its own or of the command that it was made of, which outlives it.
class MaskedCommand {
 public:
  explicit MaskedCommand(const Command& command);
  MaskedCommand(const MaskedCommand&) = delete;
  MaskedCommand& operator=(const MaskedCommand&) = delete;

  const Command& command() const { return command_; }
  /// Whether there was something to mask.
  bool masked() const { return masked_; }

 private:
  void mask(HttpRequest& request);
  void mask(HttpResponse& response);
  void mask(HttpAuth& auth);
  void mask(auto&) {}
  void mask_pairs(std::vector<Pair>& pairs, bool texts);
  std::string_view mask_value(std::string_view text);

  Command command_;
  std::deque<std::string> kept_;
  bool masked_ = false;
};

}  // namespace kismet::wire
