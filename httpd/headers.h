#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kismet {

/// Header fields in the order they came, names compared without case. All text lies in one string: a request costs two
/// allocations, however many headers it has.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  void add(std::string_view name, std::string_view value);
  void clear();
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  Field operator[](std::size_t index) const;
  /// The first value of `name`; empty if there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::size_t count(std::string_view name) const;

 private:
  struct Place {
    std::uint32_t offset;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  bool is(const Place& place, std::string_view name) const;

  std::string text_;
  std::vector<Place> fields_;
};

/// Equality of ASCII text without case.
bool iequals(std::string_view a, std::string_view b);

}  // namespace kismet
