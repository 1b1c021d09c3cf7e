// Configuration files: any bytes give settings or problems with a place, never a crash, and a helper line that is read
// can be read again.
#include "server/config.h"

#include <fuzzer/FuzzedDataProvider.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "fuzz/check.h"
#include "server/helper_line.h"

using namespace kismet;

namespace {

/// A file in memory, by a path.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("config", MFD_CLOEXEC)) { FUZZ_CHECK(fd_ >= 0); }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void write(const std::string& text) {
    FUZZ_CHECK(::ftruncate(fd_, 0) == 0);
    FUZZ_CHECK(::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void check_helper_line(const std::string& line) {
  std::vector<std::string> errors;
  const HelperDefinition definition = parse_helper_line(line, {"fuzz.conf", 1}, errors);
  std::vector<std::string> again;
  FUZZ_CHECK(parse_helper_line(line, {"fuzz.conf", 1}, again) == definition && again == errors);
}

/// Other files are none of the fuzzer's business.
bool names_files(const std::string& text) {
  return text.find("include") != std::string::npos || text.find("override") != std::string::npos ||
         text.find("INCLUDE") != std::string::npos || text.find("OVERRIDE") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static MemoryFile file;
  FuzzedDataProvider data(bytes, size);
  check_helper_line(data.ConsumeRandomLengthString(300));
  std::vector<std::string> words;
  split_arguments(data.ConsumeRandomLengthString(100), words);
  expand(data.ConsumeRandomLengthString(100), ExpandValues{});

  const std::string text = data.ConsumeRemainingBytesAsString();
  if (names_files(text)) return 0;
  file.write(text);
  ConfigSources sources;
  sources.config_file = file.path();
  sources.conf_dir = sources.data_dir = sources.bin_dir = sources.home_dir = "/nonexistent";
  Config config;
  const ConfigReport report = load_config(sources, config);
  FUZZ_CHECK(report.files.size() == 1);
  for (const ConfigProblem& problem : report.problems) FUZZ_CHECK(!problem.text.empty());
  return 0;
}
