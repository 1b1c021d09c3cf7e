#include "httpd/static_variants.h"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

/// A file of 1000 bytes that do not get smaller, so that a variant's size is known well enough.
struct Noise {
  Noise() {
    std::string bytes(1000, '\0');
    std::uint32_t random = 1;
    for (char& c : bytes) c = static_cast<char>((random = random * 1'664'525 + 1'013'904'223) >> 24);
    file = UniqueFd(::open(folder.write("noise", bytes).c_str(), O_RDONLY | O_CLOEXEC));
  }
  StaticVariants::Bytes make(StaticVariants& variants, const std::string& key, std::size_t size = 1000) const {
    return variants.make(key, file.get(), size, ContentCoding::gzip);
  }

  TemporaryFolder folder;
  UniqueFd file;
};

}  // namespace

TEST_CASE("a variant is made once and found again") {
  Noise noise;
  StaticVariants variants(1 << 20);
  CHECK(variants.find("a") == nullptr);
  const auto made = noise.make(variants, "a");
  REQUIRE(made != nullptr);
  CHECK(variants.find("a") == made);
  CHECK(noise.make(variants, "a") == made);
  CHECK(variants.find("b") == nullptr);
}

TEST_CASE("what is kept is bounded, and what was not asked for longest makes room") {
  Noise noise;
  StaticVariants variants(4500);
  for (const char* key : {"a", "b", "c", "d"}) noise.make(variants, key);
  CHECK(variants.find("a") != nullptr);
  const auto b = variants.find("b");
  CHECK(variants.find("a") != nullptr);
  CHECK(variants.find("c") != nullptr);
  CHECK(variants.find("d") != nullptr);
  noise.make(variants, "e");
  CHECK(variants.find("b") == nullptr);
  CHECK(b->size() > 1000);  // Who holds it has it still.
  CHECK(variants.find("a") != nullptr);
  CHECK(variants.find("e") != nullptr);
}

TEST_CASE("what is larger than a quarter of the bound is made and not kept") {
  Noise noise;
  StaticVariants variants(3000);
  CHECK(noise.make(variants, "a") != nullptr);
  CHECK(variants.find("a") == nullptr);
}

TEST_CASE("a file that is no longer as long, or cannot be read, has no variant") {
  Noise noise;
  StaticVariants variants(1 << 20);
  CHECK(noise.make(variants, "a", 1001) == nullptr);
  CHECK(variants.make("b", -1, 10, ContentCoding::gzip) == nullptr);
  CHECK(variants.find("a") == nullptr);
}
