#pragma once

#include <string>
#include <vector>

namespace kismet::test {

/// What becomes of the connection after an answer.
enum class Fate { goes_on, closed };

/// A request, byte for byte, and what it must come to. Behind every refused one a second request is smuggled by the
/// suite.
struct GateCase {
  std::string what;
  std::string bytes;
  int status;
  Fate fate;
};

std::vector<GateCase> request_line_cases();
std::vector<GateCase> target_cases();
std::vector<GateCase> header_cases();
std::vector<GateCase> host_cases();
std::vector<GateCase> length_cases();
std::vector<GateCase> transfer_encoding_cases();
std::vector<GateCase> chunk_cases();
std::vector<GateCase> odd_but_valid_cases();

/// All of them.
std::vector<GateCase> gate_cases();

inline const std::string kHost = "Host: localhost\r\n";

}  // namespace kismet::test
