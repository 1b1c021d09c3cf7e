#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "httpd/admission.h"
#include "httpd/client_address.h"
#include "httpd/client_link.h"
#include "httpd/http_response_writer.h"
#include "httpd/httpd_context.h"
#include "httpd/input_buffer.h"
#include "httpd/request.h"
#include "httpd/request_parser.h"

namespace kismet {

class ConnectionSet;

/// One client: reads its requests one after the other, has them answered, and watches whether it is still there.
/// Thread rule: all members on its ConnectionSet's loop.
/// Owned by the ConnectionSet, which destroys it when run() has ended.
class Connection : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Connection(ConnectionSet& set, std::unique_ptr<ByteStream> stream, const PeerAddress& peer);

  /// Serves until either side ends it.
  Task<void> run();
  /// The server stops: ends at once if no request is in progress, else after its answer.
  void stop();
  /// Ends now, whatever is in progress.
  void cut() { link_.cut(); }

 private:
  enum class Phase : std::uint8_t { reading, answering, lingering };
  /// How far reading a request has come.
  enum class Intake : std::uint8_t { wait, head, complete, refused, closed };
  /// Which time limit stands.
  enum class Limit : std::uint8_t { none, idle, head, body };

  void look();
  void begin_request();
  Intake advance();
  bool receive();
  Intake late();
  void limit_reading();
  void head_is_there(Intake intake);
  bool log_in_at_once();
  Task<void> log_in();
  bool body_follows(Intake intake);
  void invite_body();
  void begin_answer();
  Task<void> answer_ourselves();
  void refuse_unanswered();
  void handler_failed(const char* what);
  void end_answer();
  void count_route(bool whole);
  bool goes_on() const;
  bool begin_lingering();
  bool lingers();

  ConnectionSet& set_;
  const HttpdContext& context_;
  PeerAddress peer_;
  std::string peer_text_;
  InputBuffer input_;
  Request request_;
  std::optional<RequestParser> parser_;
  Admission admission_;
  HttpResponseWriter writer_;
  Phase phase_ = Phase::reading;
  Limit limit_ = Limit::none;
  bool first_request_ = true;
  bool refused_ = false;  // By the gate.
  bool stopping_ = false;
  std::uint32_t turn_ = 0;       // Requests served without a sleep.
  std::size_t linger_left_ = 0;  // Bytes that may still be thrown away.
  SteadyTime began_{};           // Of the body, then of the answer.
  ClientLink link_;              // Last: with it goes a coroutine that sleeps, which may use the others.
};

}  // namespace kismet
