#include "server/announcer.h"

#include <catch2/catch.hpp>

using namespace kismet;

namespace {

std::string bytes_of(const Announcement& announcement, std::chrono::microseconds time) {
  const auto packed = pack(announcement, WallTime(std::chrono::duration_cast<WallTime::duration>(time)));
  return {packed.begin(), packed.end()};
}

}  // namespace

TEST_CASE("an announcement is 102 bytes, big-endian, without gaps") {
  const Announcement announcement{2501, 3501, "7f9c24e8-3b12-4b3f-9d2a-0123456789ab", "north"};
  using namespace std::string_literals;
  CHECK(bytes_of(announcement, std::chrono::seconds(0x01020304) + std::chrono::microseconds(0x0506)) ==
        "\0\0KISMET"s                           // Tag.
        "\0\x01"s                               // Version.
        "\0\0\x09\xc5"s                         // Port of the web server.
        "\0\0\x0d\xad"s                         // Port of remote helpers.
        "\0\0\0\0\x01\x02\x03\x04"s             // Seconds.
        "\0\0\0\0\0\0\x05\x06"s                 // Microseconds.
        "7f9c24e8-3b12-4b3f-9d2a-0123456789ab"  // No NUL at its end.
        "north"s +
            std::string(27, '\0'));
}

TEST_CASE("a name that is too long for an announcement is cut between characters") {
  const std::string name = std::string(31, 'n') + "\xc3\xb6";
  const std::string bytes = bytes_of({1, 0, std::string(36, '0'), name}, {});
  CHECK(bytes.size() == 102);
  CHECK(bytes.substr(70) == std::string(31, 'n') + '\0');
}

TEST_CASE("an address without a network to broadcast to is told alone") {
  CHECK(announce_targets("127.0.0.1") == std::vector<std::string>{"127.0.0.1"});
  CHECK(announce_targets("192.0.2.77") == std::vector<std::string>{"192.0.2.77"});
  for (const std::string& target : announce_targets("0.0.0.0")) CHECK(target != "0.0.0.0");
}
