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

bool Headers::is(const Place& place, std::string_view name) const {
  return place.name_size == name.size() && iequals({text_.data() + place.offset, place.name_size}, name);
}

std::string_view Headers::get(std::string_view name) const {
  for (const Place& place : fields_) {
    if (is(place, name)) return {text_.data() + place.offset + place.name_size, place.value_size};
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Place& place) { return is(place, name); });
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(), [&](const Place& place) { return is(place, name); }));
}

}  // namespace kismet
