#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/worker.h"
#include "httpd/handler.h"
#include "httpd/mime_types.h"
#include "httpd/settings.h"
#include "httpd/static_lookup.h"
#include "httpd/static_variants.h"

namespace kismet {

/// A folder whose files are served.
struct StaticRoot {
  std::string prefix;  // "/", or "/plugin/demo/": of the paths that it answers, decoded. Ends with '/'.
  std::string folder;  // On the disk; need not exist.
};

struct StaticSettings {
  std::vector<StaticRoot> roots;  // The first that has the file answers.
  std::string unknown;            // httpd_redirect_unknown: a path that is served where there is no file; empty: 404.
  std::size_t piece = 64 * 1024;  // Bytes read and held at a time, a client; what is not larger leaves in one write.
  CompressionSettings compression;
};

/// Files for anybody, without a login: HTML, scripts, pictures. Nothing outside the roots is ever served, nor what
/// begins with a dot. Answers GET and HEAD, with ETag and Last-Modified, 304, one range, and, where the client takes
/// it, a compressed variant: "x.br", "x.zst" or "x.gz" that lies beside the file, else one that is made and kept.
/// OPTIONS and other methods are answered by whether there is such a file. What is in the kernel's memory is served at
/// once; the disk is waited for on the worker. Thread rule: as Handler. What is referred to outlives it.
class StaticFiles final : public Handler {
 public:
  StaticFiles(Worker& worker, const MimeTypes& types, StaticSettings settings);

  Task<void> handle(const Request& request, ResponseWriter& out) override;

 private:
  struct Plan;
  StaticWish wish_for(std::string_view path, const Request& request) const;
  ContentCoding coding_to_make(const StaticFile& file, const StaticWish& wish) const;
  Plan plan(const Request& request, const StaticFile& file) const;
  Task<StaticFile> look_up(StaticWish wish, Executor home);
  Task<StaticVariants::Bytes> variant_of(const Plan& plan, const StaticFile& file, Executor home);
  Task<void> answer(const Request& request, ResponseWriter& out, StaticFile file, ContentCoding make);
  Task<void> send_file(ResponseWriter& out, const Plan& plan, UniqueFd file);

  Worker& worker_;
  const MimeTypes& types_;
  const StaticSettings settings_;
  const std::shared_ptr<StaticVariants> variants_;  // Shared with jobs on the worker.
};

}  // namespace kismet
