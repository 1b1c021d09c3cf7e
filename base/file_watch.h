#pragma once

#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/async.h"

namespace kismet {

/// Tells when files were written or replaced, whoever did it, without ever looking for itself (inotify). Several
/// changes at once are told once. Thread rule: all members run on the loop of `executor`, or before it runs; so does
/// the callback. Owned by whoever reads the files; destroying it means that no call comes any more.
class FileWatch {
 public:
  FileWatch(Executor executor, std::function<void()> changed);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Watches `path`, which need not exist; its folder must.
  boost::system::error_code add(const std::string& path);
  /// No call comes any more.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kismet
