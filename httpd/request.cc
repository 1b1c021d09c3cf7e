#include "httpd/request.h"

#include <unordered_map>

#include "httpd/percent.h"

namespace kismet {

namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kJson = "application/json";

bool is_credential(std::string_view name) {
  return name == "KISMET" || name == "user" || name == "password";
}

// Keeps the order in which names came first, in time linear in their number.
class VariableSet {
 public:
  void set(std::string name, std::string value) {
    const auto [found, added] = places_.try_emplace(name, variables_.size());
    if (added) {
      variables_.emplace_back(std::move(name), std::move(value));
    } else {
      variables_[found->second].second = std::move(value);
    }
  }
  Variables take() { return std::move(variables_); }

 private:
  Variables variables_;
  std::unordered_map<std::string, std::size_t> places_;
};

void trim(std::string& text, std::size_t keep) {
  text.clear();
  if (text.capacity() > keep) text.shrink_to_fit();
}

}  // namespace

std::string_view Request::content_type() const {
  std::string_view type = headers.get("content-type");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return type;
}

Variables Request::variables() const {
  VariableSet set;
  for_each_field(query, [&set](std::string_view name, std::string_view value) {
    std::string decoded = percent_decode(name, Plus::space);
    if (!is_credential(decoded)) set.set(std::move(decoded), percent_decode(value, Plus::space));
  });
  if (!body.empty()) {
    const std::string_view type = content_type();
    if (iequals(type, kForm)) {
      for_each_field(body, [&set](std::string_view name, std::string_view value) {
        set.set(percent_decode(name, Plus::space), percent_decode(value, Plus::space));
      });
    } else if (iequals(type, kJson)) {
      set.set("json", body);
    }
  }
  return set.take();
}

void Request::clear(std::size_t keep) {
  for (std::string* text :
       {&method, &target, &path, &prefix, &query, &body, &client_address, &principal.name, &principal.role}) {
    trim(*text, keep);
  }
  headers.clear();
  captures.clear();
  version = 11;
  secure = from_loopback = false;
}

}  // namespace kismet
