#include "httpd/static_files.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "httpd/error_pages.h"
#include "httpd/file_pieces.h"
#include "httpd/preconditions.h"
#include "httpd/request.h"
#include "httpd/response_head.h"
#include "httpd/static_path.h"

namespace kismet {

namespace {

Validators validators_of(const StaticFile& file) {
  const auto& time = file.about.st_mtim;
  Validators made;
  made.modified = WallTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  made.etag = "\"";
  for (const std::int64_t number :
       {std::int64_t{time.tv_sec}, std::int64_t{time.tv_nsec}, std::int64_t{file.about.st_size}}) {
    append_number(made.etag, static_cast<std::uint64_t>(number), 16);
    made.etag += '-';
  }
  append_number(made.etag, file.about.st_ino, 16);
  made.etag.append(coding_name(file.coding)).append("\"");
  return made;
}

ResponseHead head_of(const Validators& validators) {
  ResponseHead head;
  head.headers = {{"ETag", validators.etag},
                  {"Last-Modified", http_date(validators.modified)},
                  {"Cache-Control", "no-cache"},
                  {"Vary", "Accept-Encoding"},
                  {"Accept-Ranges", "bytes"}};
  add_security_headers(head);
  return head;
}

OwnPage page_without_file(StaticFile::Result result, const Request& request) {
  if (result == StaticFile::Result::none) return make_error_page(404, "There is nothing at this address", request);
  if (result != StaticFile::Result::folder) {
    OwnPage page = make_error_page(503, "The daemon is too busy to read this file", request);
    page.head.headers.emplace_back("Retry-After", "1");
    return page;
  }
  // To the same address with a '/' at its end, whatever proxies made of what stands before.
  const std::string name = request.path.substr(request.path.rfind('/') + 1);
  OwnPage page = make_error_page(301, "This is a folder; its address ends with a slash", request);
  page.head.headers.emplace_back("Location", "./" + name + "/" + (request.query.empty() ? "" : "?" + request.query));
  return page;
}

/// To what is not GET or HEAD.
OwnPage page_for_other_method(StaticFile::Result result, const Request& request) {
  if (result != StaticFile::Result::found && result != StaticFile::Result::folder) {
    return page_without_file(result, request);
  }
  OwnPage page;
  if (request.method == "OPTIONS") {
    page.head.status = 204;
  } else {
    page = make_error_page(405, "This address does not do that method", request);
  }
  page.head.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
  return page;
}

OwnPage page_out_of_range(std::uint64_t size, const Request& request) {
  OwnPage page = make_error_page(416, "The file is shorter than that", request);
  page.head.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
  return page;
}

}  // namespace

/// An answer: a page of ours, or a head and a part of the file.
struct StaticFiles::Plan {
  OwnPage page{};
  bool has_file = false;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string etag{};
};

StaticFiles::StaticFiles(Worker& worker, const MimeTypes& types, StaticSettings settings)
    : worker_(worker),
      types_(types),
      settings_(std::move(settings)),
      variants_(std::make_shared<StaticVariants>(settings_.compression.kept)) {}

StaticWish StaticFiles::wish_for(std::string_view path, const Request& request) const {
  StaticWish wish;
  const std::optional<std::string> file = static_path(path);
  if (!file) return wish;
  for (const StaticRoot& root : settings_.roots) {
    const std::string_view prefix = std::string_view(root.prefix).substr(1);
    if (file->starts_with(prefix)) wish.places.emplace_back(root.folder, file->substr(prefix.size()));
    // "/plugin/demo": a folder, whose address ends with a slash.
    if (*file + "/" == prefix) wish.places.emplace_back(root.folder, ".");
  }
  // A part of a file is a part of the file as it is.
  if (!request.headers.has("accept-encoding") || request.headers.has("range")) return wish;
  if (path.ends_with('/') || is_worth_coding(types_.for_path(path))) wish.codings = accepted_codings(request.headers);
  return wish;
}

/// What no variant lies beside is compressed here, if it is worth it.
ContentCoding StaticFiles::coding_to_make(const StaticFile& file, const StaticWish& wish) const {
  const CompressionSettings& limits = settings_.compression;
  const auto size = static_cast<std::uint64_t>(file.about.st_size);
  const bool wanted = file.result == StaticFile::Result::found && file.coding == ContentCoding::identity &&
                      !wish.codings.empty() && is_worth_coding(types_.for_path(file.path));
  const bool worth = limits.on && limits.kept > 0 && size >= limits.min_size && size <= limits.max_file;
  return wanted && worth ? wish.codings.front() : ContentCoding::identity;
}

StaticFiles::Plan StaticFiles::plan(const Request& request, const StaticFile& file) const {
  if (file.result != StaticFile::Result::found) return {page_without_file(file.result, request)};
  const Validators validators = validators_of(file);
  const auto size = static_cast<std::uint64_t>(file.about.st_size);
  Plan plan{{head_of(validators), {}}, true, 0, size, validators.etag};
  ResponseHead& head = plan.page.head;
  if (is_not_modified(request.headers, validators)) {
    head.status = 304;
    plan.has_file = false;
    return plan;
  }
  ByteRange range;
  const RangeWish wish =
      request.method == "GET" ? wished_range(request.headers, size, validators, range) : RangeWish::whole;
  if (wish == RangeWish::unsatisfiable) return {page_out_of_range(size, request)};
  if (wish == RangeWish::part) {
    head.status = 206;
    head.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                   std::to_string(range.last) + "/" + std::to_string(size));
    plan.offset = range.first;
    plan.length = range.last - range.first + 1;
  }
  head.content_type = types_.for_path(file.path);
  if (file.coding != ContentCoding::identity) {
    head.headers.emplace_back("Content-Encoding", coding_name(file.coding));
  }
  return plan;
}

Task<StaticFile> StaticFiles::look_up(StaticWish wish, Executor home) {
  StaticFile found = look_up_static(wish, Lookup::only_cached);
  if (found.result != StaticFile::Result::again) co_return found;
  auto job = [wish = std::move(wish)] { return look_up_static(wish, Lookup::may_block); };
  std::optional<StaticFile> result = co_await worker_.run(home, std::move(job));
  if (result) found = std::move(*result);
  co_return found;
}

/// The file in the coding that its plan is for. Null: it must go as it is.
Task<StaticVariants::Bytes> StaticFiles::variant_of(const Plan& plan, const StaticFile& file, Executor home) {
  const std::string key = plan.etag + std::to_string(file.about.st_dev);
  StaticVariants::Bytes bytes = variants_->find(key);
  if (bytes) co_return bytes;
  // A descriptor of its own: the client may be gone before the worker is done.
  const auto held = std::make_shared<const UniqueFd>(::fcntl(file.file.get(), F_DUPFD_CLOEXEC, 0));
  if (!*held) co_return nullptr;
  const auto size = static_cast<std::size_t>(file.about.st_size);
  auto job = [variants = variants_, key, held, size, coding = file.coding] {
    return variants->make(key, held->get(), size, coding);
  };
  std::optional<StaticVariants::Bytes> made = co_await worker_.run(home, std::move(job));
  if (made) bytes = std::move(*made);
  co_return bytes;
}

Task<void> StaticFiles::handle(const Request& request, ResponseWriter& out) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  StaticWish wish = wish_for(request.path, request);
  StaticFile file = co_await look_up(wish, out.loop().get_executor());
  if (!reads) {
    const OwnPage page = page_for_other_method(file.result, request);
    co_await out.send(page.head, page.body);
    co_return;
  }
  if (file.result == StaticFile::Result::none && !settings_.unknown.empty()) {
    wish = wish_for(settings_.unknown, request);
    file = co_await look_up(wish, out.loop().get_executor());
  }
  const ContentCoding make = coding_to_make(file, wish);
  co_await answer(request, out, std::move(file), make);
}

Task<void> StaticFiles::answer(const Request& request, ResponseWriter& out, StaticFile file, ContentCoding make) {
  if (make != ContentCoding::identity) file.coding = make;
  Plan planned = plan(request, file);
  if (make != ContentCoding::identity && planned.has_file) {
    const StaticVariants::Bytes variant = co_await variant_of(planned, file, out.loop().get_executor());
    if (variant) {
      co_await out.send(planned.page.head, *variant);
      co_return;
    }
    file.coding = ContentCoding::identity;
    planned = plan(request, file);
  }
  if (!planned.has_file || planned.length == 0) {
    co_await out.send(planned.page.head, planned.page.body);
  } else if (request.method == "HEAD") {
    out.start_sized(planned.page.head, planned.length);
    co_await out.finish();
  } else {
    co_await send_file(out, planned, std::move(file.file));
  }
}

/// A file of one piece leaves whole. After each piece of a larger one other clients have their turn: one that reads as
/// fast as we write must not keep the loop.
Task<void> StaticFiles::send_file(ResponseWriter& out, const Plan& plan, UniqueFd file) {
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(std::max<std::size_t>(settings_.piece, 1), plan.length));
  FilePieces pieces(std::move(file), size, worker_, out.loop().get_executor());
  ChainedBuffer body;
  std::uint64_t done = 0;
  while (done < plan.length) {
    const boost::system::result<std::string_view> piece = co_await pieces.read(plan.offset + done, plan.length - done);
    if (!piece || piece->empty()) break;  // The file has shrunk, or the disk is gone.
    body.append(*piece);
    done += piece->size();
    if (done == plan.length && !out.started()) {
      co_await out.send(plan.page.head, body);
      co_return;
    }
    if (!out.started()) out.start_sized(plan.page.head, plan.length);
    const bool there = co_await out.write(body);
    if (!there) co_return;
    co_await net::post(out.loop().get_executor(), use_task);
  }
  if (done == plan.length) {
    co_await out.finish();
  } else if (out.started()) {
    out.abort();
  }
}

}  // namespace kismet
