#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "httpd/handler.h"
#include "httpd/request.h"
#include "httpd/response_writer.h"
#include "httpd/router.h"
#include "server/json_fields.h"
#include "server/serializers.h"

namespace kismet {

/// What an endpoint answers, before it is written: a value, or a status that is an error's with the reason for people.
struct JsonAnswer {
  nlohmann::json value;
  unsigned status = 200;
  std::string reason;

  static JsonAnswer error(unsigned status, std::string reason) { return {{}, status, std::move(reason)}; }
};

/// How an answer is to be written: the serializer that the path's extension (the last capture) names, and the `fields`
/// of the request's JSON. A status other than 200 is the error to answer.
struct JsonForm {
  Serializer serializer = Serializer::json;
  JsonFields fields;
  nlohmann::json command;  // The request's JSON, an object.
  unsigned status = 200;
  std::string reason;

  static JsonForm of(const Request& request);
  /// Where the extension is not the last capture.
  static JsonForm of(const Request& request, std::string_view extension);
};

/// Sends `answer`, or the error that it is, in that form. Never cached.
Task<void> send_json(const Request& request, ResponseWriter& out, const JsonForm& form, JsonAnswer answer);

/// A page of data: calls a function and writes what it returns as the request wants it.
/// Thread rule: as Handler; `make` is called on any loop, several at a time, and does not block.
class JsonEndpoint final : public Handler {
 public:
  using Make = std::function<JsonAnswer(const Request& request, const JsonForm& form)>;

  explicit JsonEndpoint(Make make) : make_(std::move(make)) {}
  Task<void> handle(const Request& request, ResponseWriter& out) override;

 private:
  const Make make_;
};

/// The routes GET and POST of one pattern, for a page that both serve.
std::vector<Route> get_and_post(std::string_view pattern, std::string_view role,
                                const std::shared_ptr<Handler>& handler);

}  // namespace kismet
