#include "server/log_files.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "temp_folder.h"

using namespace kismet;

TEST_CASE("the logs of former starts are found by the template that named them") {
  testing::TempFolder folder;
  ExpandValues values;
  values.log_prefix = folder.path().string();
  values.log_title = "My [log]*";
  values.log_type = "kismet";
  const std::string log_template = "%p/%n-%D-%t-%i.%l";
  const auto touch = [&](const std::string& name) { std::ofstream(folder / name) << "x"; };
  std::vector<std::string> made;
  for (int start = 0; start < 3; ++start) {
    values.start = WallTime(std::chrono::seconds(1'700'000'000 + start * 86'400));
    made.push_back(*expand_log_path(log_template, values, [](const std::string&) { return false; }));
    std::ofstream(made.back()) << "x";
  }
  touch("Other-20231114-22-13-20-1.kismet");
  touch("My l-20231114-22-13-20-1.kismet");
  touch("My [log]*-20231114-22-13-20-1.pcap");
  CHECK(find_logs(log_template, values) == made);
  CHECK(find_logs("%p/nothing-%i", values).empty());
}

TEST_CASE("a template without times and numbers names one log") {
  testing::TempFolder folder;
  std::ofstream(folder / "the.kismet") << "x";
  ExpandValues values;
  values.log_prefix = folder.path().string();
  CHECK(find_logs("%pthe.kismet", values) == std::vector<std::string>{folder / "the.kismet"});
}
