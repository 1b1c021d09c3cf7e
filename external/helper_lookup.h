#pragma once

#include <boost/system/result.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kismet {

/// Why a helper's program was not found: every path that was looked at, with the reason against it.
struct LookupFailure {
  struct Tried {
    std::string path;
    std::string reason;
  };
  std::string program;
  std::vector<Tried> tried;  // Empty when the name itself, or an empty search path, is at fault.

  /// One line for people.
  std::string text() const;
};

/// The absolute path of the regular, executable file `program`: a file name looked up in `search_path`, first match
/// wins, or an absolute path.
boost::system::result<std::string, LookupFailure> find_program(const std::string& program,
                                                               std::span<const std::string> search_path);

}  // namespace kismet
