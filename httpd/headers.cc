#include "httpd/headers.h"

#include <algorithm>

namespace kismet {

namespace {

constexpr std::size_t kKept = 4 * 1024;  // Bytes that stay allocated for the next request.

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || lower(x) == lower(y); });
}

void Headers::add(std::string_view name, std::string_view value) {
  fields_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(value);
}

void Headers::clear() {
  text_.clear();
  if (text_.capacity() > kKept) text_.shrink_to_fit();
  fields_.clear();
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Place& place = fields_[index];
  const std::string_view all(text_);
  return {all.substr(place.offset, place.name_size), all.substr(place.offset + place.name_size, place.value_size)};
}

std::string_view Headers::get(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field field = (*this)[i];
    if (iequals(field.name, name)) return field.value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return count(name) > 0;
}

std::size_t Headers::count(std::string_view name) const {
  std::size_t found = 0;
  for (std::size_t i = 0; i < fields_.size(); ++i) found += iequals((*this)[i].name, name) ? 1U : 0U;
  return found;
}

}  // namespace kismet
