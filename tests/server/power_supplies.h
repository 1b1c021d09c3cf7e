#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace kismet::testing {

/// A folder like /sys/class/power_supply.
struct PowerSupplies {
  PowerSupplies() : root(std::filesystem::temp_directory_path() / ("supplies-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
  }
  ~PowerSupplies() { std::filesystem::remove_all(root); }
  void add(const std::string& name, const std::vector<std::pair<std::string, std::string>>& files) {
    std::filesystem::create_directories(root / name);
    for (const auto& [file, text] : files) std::ofstream(root / name / file) << text << '\n';
  }
  const std::filesystem::path root;
};

}  // namespace kismet::testing
