#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kismet {

/// How many characters must be put in, taken out, replaced, or swapped with their neighbour to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `known` that somebody who wrote `word` most likely meant; empty if none is near. Case does not count.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace kismet
