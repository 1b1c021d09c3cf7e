#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "httpd/request.h"
#include "httpd/static_files.h"
#include "tests/support/fake_response_writer.h"
#include "tests/support/run_task.h"
#include "tests/support/temporary_folder.h"

namespace kismet::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A folder of web pages, and who asks for them.
struct StaticPages {
  StaticPages() { settings.roots = {{"/", folder.file("home")}}; }

  std::unique_ptr<FakeResponseWriter> ask(const std::string& path, const Fields& fields = {},
                                          const std::string& method = "GET") {
    Request request;
    request.method = method;
    request.path = path.substr(0, path.find('?'));
    if (const auto mark = path.find('?'); mark != std::string::npos) request.query = path.substr(mark + 1);
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    auto out = std::make_unique<FakeResponseWriter>(loop, method == "HEAD");
    StaticFiles files(worker, types, settings);
    run_task(loop, files.handle(request, *out));
    return out;
  }
  unsigned status(const std::string& path) { return ask(path)->status(); }

  Clock clock;
  Loop loop{clock};
  Worker worker{"test"};
  MimeTypes types;
  TemporaryFolder folder;
  StaticSettings settings;
};

}  // namespace kismet::testing
