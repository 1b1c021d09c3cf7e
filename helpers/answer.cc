#include <algorithm>

#include "helpers/helper_client.h"

namespace kismet::helper {

namespace {

constexpr std::size_t kContentPerFrame = 8192;  // Every daemon takes a frame below 16384 bytes.

}  // namespace

std::string Request::variable(const std::string& name, const std::string& otherwise) const {
  const auto found = variables.find(name);
  return found == variables.end() ? otherwise : found->second;
}

Answer::State::~State() {
  if (!client) return;
  client->respond(*this, {}, true);
  client->open_.erase(id);
}

void Answer::set_code(std::uint32_t code) {
  state_->code = code;
}

void Answer::set_header(const std::string& name, std::string value) {
  state_->headers[name] = std::move(value);
}

bool Answer::write(std::string_view content) {
  if (!wanted() || !state_->client->has_room()) return false;
  for (; !content.empty(); content.remove_prefix(std::min(content.size(), kContentPerFrame))) {
    state_->client->respond(*state_, content.substr(0, kContentPerFrame), false);
  }
  return true;
}

void Answer::produce(std::function<bool(Answer&)> more) const {
  if (wanted()) state_->client->producers_.push_back({*this, std::move(more)});
}

bool Answer::wanted() const {
  return state_->client != nullptr;
}

}  // namespace kismet::helper
