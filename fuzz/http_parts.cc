// What is read out of a request that passed the gate: variables, credentials, cookies, ranges, dates, codings, static
// paths, forwarded addresses, origins.
#include <fuzzer/FuzzedDataProvider.h>

#include <string>

#include "fuzz/check.h"
#include "httpd/client_address.h"
#include "httpd/credentials.h"
#include "httpd/origin_rules.h"
#include "httpd/percent.h"
#include "httpd/preconditions.h"
#include "httpd/request.h"
#include "httpd/static_path.h"

using namespace kismet;

namespace {

void check_static_path(const std::string& path) {
  const std::optional<std::string> found = static_path(path);
  if (!found) return;
  FUZZ_CHECK(!found->starts_with('/'));
  FUZZ_CHECK(("/" + *found + "/").find("/../") == std::string::npos);
  FUZZ_CHECK(found->find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos);
}

void check_range(const Headers& headers, std::uint64_t size) {
  const Validators file{"\"1\"", WallTime(std::chrono::seconds(1'700'000'000))};
  ByteRange range;
  if (wished_range(headers, size, file, range) == RangeWish::part) {
    FUZZ_CHECK(range.first <= range.last && range.last < size);
  }
  is_not_modified(headers, file);
}

void check_credentials(const Request& request) {
  for (const LoginReading& reading : login_readings(request)) {
    FUZZ_CHECK(!reading.name.empty() && !reading.password.empty());
    FUZZ_CHECK(reading.name.size() <= kMaxLoginName * 2 && reading.password.size() <= kMaxPassword * 2);
  }
  int tokens = 0;
  for_each_token(request, [&tokens](std::string_view token) {
    FUZZ_CHECK(!token.empty());
    ++tokens;
    return true;
  });
  FUZZ_CHECK(tokens <= kMaxTokens);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const TrustedProxies proxies({"10.0.0.0/8", "unix"});
  static const HttpdSettings settings = [] {
    HttpdSettings made;
    made.allow_cors = true;
    made.allowed_origins = {"https://sensors.example"};
    return made;
  }();
  static const OriginRules rules(settings);
  static constexpr const char* kNames[] = {
      "Authorization",     "Cookie", "Range", "If-Range",     "If-None-Match",    "Accept-Encoding", "X-Forwarded-For",
      "X-Forwarded-Proto", "Origin", "Host",  "Content-Type", "If-Modified-Since"};
  FuzzedDataProvider data(bytes, size);
  Request request;
  request.method = "POST";
  for (int count = data.ConsumeIntegralInRange(0, 6); count > 0; --count) {
    const char* name = data.PickValueInArray(kNames);
    request.headers.add(name, data.ConsumeRandomLengthString(300));
  }
  request.query = data.ConsumeRandomLengthString(200);
  request.path = data.ConsumeRandomLengthString(200);
  const auto file_size = data.ConsumeIntegral<std::uint64_t>();
  request.body = data.ConsumeRemainingBytesAsString();

  for (const auto& [name, value] : request.variables()) FUZZ_CHECK(name != "KISMET" && name != "password");
  check_static_path(request.path);
  check_range(request.headers, file_size);
  check_credentials(request);
  parse_http_date(request.query);
  for (const char* coding : {"gzip", "br", "identity"}) {
    const int weight = coding_weight(request.headers.get("accept-encoding"), coding);
    FUZZ_CHECK(weight >= 0 && weight <= 1000);
  }
  proxies.identify(request, PeerAddress{.peer = {}, .local = {}, .unix_socket = true}, "unix");
  FUZZ_CHECK(!request.client_address.empty());
  rules.check_origin(request, false, false);
  rules.check_host(request);
  FUZZ_CHECK(rules.cors_headers(request).find("\n\n") == std::string::npos);
  return 0;
}
