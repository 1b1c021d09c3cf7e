#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/worker.h"
#include "httpd/handler.h"
#include "httpd/mime_types.h"
#include "httpd/static_lookup.h"

namespace kismet {

/// A folder whose files are served.
struct StaticRoot {
  std::string prefix;  // "/", or "/plugin/demo/": of the paths that it answers. Ends with '/'.
  std::string folder;  // On the disk; need not exist.
};

struct StaticSettings {
  std::vector<StaticRoot> roots;  // The first that has the file answers.
  std::string unknown;            // httpd_redirect_unknown: a path that is served where there is no file; empty: 404.
  std::size_t piece = 64 * 1024;  // Bytes read and held at a time, a client; what is not larger leaves in one write.
};

/// Files for anybody, without a login: HTML, scripts, pictures. Nothing outside the roots is ever served, nor what
/// begins with a dot. Answers GET and HEAD, with ETag and Last-Modified, 304, one range, and a variant "x.br" or "x.gz"
/// that lies beside the file where the client takes it. What is in the kernel's memory is served at once; the disk is
/// waited for on the worker. Thread rule: as Handler. What is referred to outlives it.
class StaticFiles final : public Handler {
 public:
  StaticFiles(Worker& worker, const MimeTypes& types, StaticSettings settings);

  Task<void> handle(const Request& request, ResponseWriter& out) override;

 private:
  struct Plan;
  StaticWish wish_for(std::string_view path, const Request& request) const;
  Plan plan(const Request& request, const StaticFile& file) const;
  Task<StaticFile> look_up(StaticWish wish, Executor home);
  Task<void> send_file(ResponseWriter& out, const Plan& plan, UniqueFd file);

  Worker& worker_;
  const MimeTypes& types_;
  const StaticSettings settings_;
};

}  // namespace kismet
