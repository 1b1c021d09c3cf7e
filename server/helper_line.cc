#include "server/helper_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <limits>

#include "server/config_value.h"
#include "server/helper_pieces.h"
#include "server/nearest.h"

namespace kismet {
namespace {

using namespace std::chrono_literals;

/// A key and how its value becomes part of a definition.
struct Key {
  HelperKey about;
  std::function<std::string(HelperDefinition&, const std::string& value)> apply;
};

template <typename Field, typename T>
Key key(std::string name, Field field, ValueType<T> type, std::string help) {
  const HelperDefinition defaults;
  std::string type_text = type.name + (type.unit.empty() ? "" : ", " + type.unit);
  return {{std::move(name), std::move(type_text), type.show(field(defaults)), std::move(help), false},
          [field, type](HelperDefinition& definition, const std::string& value) {
            ValueContext context;
            return type.parse(value, field(definition), context);
          }};
}

/// A key whose value is no single value.
Key list_key(std::string name, std::string type, std::string help, bool repeated,
             std::function<std::string(HelperDefinition&, const std::string&)> apply) {
  return {{std::move(name), std::move(type), "", std::move(help), repeated}, std::move(apply)};
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '_'); });
}

std::string add_variable(HelperDefinition& definition, const std::string& value) {
  const std::size_t equals = value.find('=');
  const std::string name = value.substr(0, equals);
  if (equals == std::string::npos || !is_variable_name(name)) return in_quotes(value) + " is not NAME=value";
  definition.env.emplace_back(name, value.substr(equals + 1));
  return {};
}

std::string set_allowed_variables(HelperDefinition& definition, const std::string& value) {
  std::vector<std::string> names;
  if (std::string wrong = split_arguments(value, names); !wrong.empty()) return wrong;
  for (const std::string& name : names) {
    const bool prefix = name.ends_with('*');
    const std::string_view plain = std::string_view(name).substr(0, name.size() - (prefix ? 1 : 0));
    if (!is_variable_name(plain)) return in_quotes(name) + " is not a variable's NAME or PREFIX*";
  }
  definition.env_allow = std::move(names);
  return {};
}

ValueType<std::string> absolute_path() {
  ValueType<std::string> type = text_value();
  type.name = "absolute path";
  type.parse = [](const std::string& text, std::string& out, ValueContext&) -> std::string {
    if (!text.starts_with('/')) return in_quotes(text) + " is not an absolute path";
    return out = text, "";
  };
  return type;
}

constexpr std::uint64_t kMany = std::numeric_limits<std::int32_t>::max();

std::vector<Key> make_keys() {
  using D = HelperDefinition;
  const auto milliseconds = [](std::chrono::milliseconds min) { return duration(TimeUnit::milliseconds, min); };
  std::vector<Key> keys;
  keys.push_back(key(
      "name", [](auto& d) -> auto& { return d.name; }, word_value(),
      "What messages, URLs and events call it; the program's file name if not given. Unique."));
  keys.push_back(key(
      "transport", [](auto& d) -> auto& { return d.transport; },
      choice<HelperTransport>({{"pipe", HelperTransport::pipe},
                               {"tcp", HelperTransport::tcp},
                               {"websocket", HelperTransport::websocket},
                               {"remote", HelperTransport::remote}}),
      "pipe is a program that the daemon starts; with the others it connects by itself (remote is tcp or websocket)."));
  keys.push_back(key(
      "subsystem", [](auto& d) -> auto& { return d.subsystem; }, text_value(),
      "What a helper that connects by itself registers as; its name if not given."));
  keys.push_back(key(
      "client_certificate", [](auto& d) -> auto& { return d.client_certificate; }, text_value(),
      "A name that the TLS certificate of such a helper must have."));
  keys.push_back(list_key("args", "text",
                          "Arguments after --in-fd and --out-fd, split at blanks as a shell does, "
                          "with its quotes; nothing is expanded.",
                          false, [](D& d, const std::string& value) { return split_arguments(value, d.args); }));
  keys.push_back(list_key("env", "NAME=value", "A variable added to its environment.", true, add_variable));
  keys.push_back(list_key("env_allow", "text",
                          "Variables that it inherits, names or PREFIX*, with blanks between them; "
                          "all of the daemon's if not given.",
                          false, set_allowed_variables));
  keys.push_back(key(
      "wire", [](auto& d) -> auto& { return d.wire; },
      choice<WireChoice>(
          {{"auto", WireChoice::automatic}, {"v0", WireChoice::v0}, {"v2", WireChoice::v2}, {"v3", WireChoice::v3}}),
      "Generation of the wire that it speaks; auto finds out from its first frame."));
  keys.push_back(key(
      "restart", [](auto& d) -> auto& { return d.restart; },
      choice<RestartMode>(
          {{"never", RestartMode::never}, {"on-failure", RestartMode::on_failure}, {"always", RestartMode::always}}),
      "Whether it is started again after it ended."));
  keys.push_back(key(
      "enabled", [](auto& d) -> auto& { return d.enabled; }, flag(),
      "Whether it is started with the daemon; otherwise only by hand."));
  keys.push_back(key(
      "uri_role", [](auto& d) -> auto& { return d.uri_role; }, word_value(),
      "Who may use its URIs: a role, or any for every valid login."));
  keys.push_back(key(
      "token_role", [](auto& d) -> auto& { return d.token_role; }, word_value(),
      "What its own token for the web server may do; the least that serves is best."));
  keys.push_back(key(
      "ready_timeout", [](auto& d) -> auto& { return d.ready_timeout; }, optional_value(milliseconds(1ms)),
      "From its start to its first good frame."));
  keys.push_back(key(
      "must_speak", [](auto& d) -> auto& { return d.must_speak; }, flag(),
      "Whether silence for ready_timeout ends it as failed; otherwise it is only said."));
  keys.push_back(key(
      "ping_interval", [](auto& d) -> auto& { return d.ping_interval; }, optional_value(milliseconds(0ms)),
      "Between PINGs to it; 0 is none."));
  keys.push_back(key(
      "ping_timeout", [](auto& d) -> auto& { return d.ping_timeout; }, optional_value(milliseconds(0ms)),
      "A PING without PONG for this long ends it; 0 is never."));
  keys.push_back(key(
      "open_requests", [](auto& d) -> auto& { return d.open_requests; },
      optional_value(number<std::size_t>(1, 10'000'000)), "Requests that it may have open; more are answered 503."));
  keys.push_back(key(
      "bytes_a_second", [](auto& d) -> auto& { return d.bytes_a_second; }, optional_value(bytes<std::size_t>(0)),
      "What is read from it in a second; over it, its next write waits. 0 is no limit."));
  keys.push_back(key(
      "messages_a_second", [](auto& d) -> auto& { return d.messages_a_second; },
      optional_value(number<std::size_t>(0, 10'000'000)),
      "Messages that it may send; more are counted. 0 is no limit."));
  keys.push_back(key(
      "events_a_second", [](auto& d) -> auto& { return d.events_a_second; },
      optional_value(number<std::size_t>(0, 10'000'000)),
      "Events that it may publish; more are dropped and counted. 0 is no limit."));
  keys.push_back(key(
      "user", [](auto& d) -> auto& { return d.user; }, word_value(),
      "User that it runs as, name or number; needs a daemon that may change users."));
  keys.push_back(key(
      "group", [](auto& d) -> auto& { return d.group; }, word_value(),
      "Group that it runs as; the user's own if not given."));
  keys.push_back(key(
      "working_directory", [](auto& d) -> auto& { return d.working_directory; }, absolute_path(),
      "Folder that it starts in; the daemon's if not given."));
  keys.push_back(key(
      "memory", [](auto& d) -> auto& { return d.limits.memory; }, optional_value(bytes<std::uint64_t>(kMiB)),
      "Address space of each of its processes."));
  keys.push_back(key(
      "cpu_seconds", [](auto& d) -> auto& { return d.limits.cpu_seconds; },
      optional_value(number<std::uint64_t>(1, kMany, "seconds")), "CPU time in all."));
  keys.push_back(key(
      "open_files", [](auto& d) -> auto& { return d.limits.open_files; },
      optional_value(number<std::uint64_t>(8, kMany)), "Descriptors that it may have open."));
  keys.push_back(key(
      "processes", [](auto& d) -> auto& { return d.limits.processes; }, optional_value(number<std::uint64_t>(1, kMany)),
      "Processes of its user, those of other programs counted too."));
  keys.push_back(key(
      "file_size", [](auto& d) -> auto& { return d.limits.file_size; }, optional_value(bytes<std::uint64_t>(0)),
      "Size of a file that it writes."));
  keys.push_back(key(
      "core_size", [](auto& d) -> auto& { return d.limits.core_size; }, optional_value(bytes<std::uint64_t>(0)),
      "Size of a core dump; 0 is none."));
  keys.push_back(key(
      "group_memory", [](auto& d) -> auto& { return d.group_limits.memory; },
      optional_value(bytes<std::uint64_t>(kMiB)),
      "Memory that all its processes together may use; needs helper_cgroup."));
  keys.push_back(key(
      "group_processes", [](auto& d) -> auto& { return d.group_limits.processes; },
      optional_value(number<std::uint64_t>(1, kMany)), "Processes and threads that it may have; needs helper_cgroup."));
  keys.push_back(key(
      "nice", [](auto& d) -> auto& { return d.nice; }, optional_value(number<int>(-20, 19)),
      "Priority: -20 goes first, 19 last."));
  keys.push_back(key(
      "no_new_privileges", [](auto& d) -> auto& { return d.no_new_privileges; }, flag(),
      "Whether set-uid programs and file capabilities give it nothing more."));
  return keys;
}

const std::vector<Key>& keys() {
  static const std::vector<Key> all = make_keys();
  return all;
}

/// Whether a key means something only where the daemon starts the program.
bool is_for_programs(std::string_view key) {
  static constexpr std::array kAny{
      "name",          "transport",      "subsystem",         "client_certificate", "wire",
      "enabled",       "uri_role",       "token_role",        "ping_interval",      "ping_timeout",
      "open_requests", "bytes_a_second", "messages_a_second", "events_a_second"};
  return std::find(kAny.begin(), kAny.end(), key) == kAny.end();
}

std::string unknown_key(const std::string& written) {
  std::vector<std::string> names;
  for (const Key& known : keys()) names.push_back(known.about.name);
  const std::string meant = nearest(written, names);
  return "unknown " + in_quotes(written) +
         (meant.empty() ? "; known are " + detail::joined(names) : "; did you mean " + in_quotes(meant) + "?");
}

}  // namespace

const std::vector<HelperKey>& helper_keys() {
  static const std::vector<HelperKey> all = [] {
    std::vector<HelperKey> out;
    for (const Key& known : keys()) out.push_back(known.about);
    return out;
  }();
  return all;
}

HelperDefinition parse_helper_line(std::string_view line, const ConfigPlace& place, std::vector<std::string>& errors,
                                   const ExpandValues& values) {
  HelperDefinition definition;
  definition.defined_at = to_string(place);
  const HelperPieces pieces = split_helper_line(line);
  if (!pieces.error.empty()) errors.push_back(pieces.error);
  definition.program = expand(pieces.program, values);
  if (definition.program.empty() && !pieces.program.empty()) {
    errors.push_back("the program " + in_quotes(pieces.program) + " expands to nothing");
  }
  const bool absolute = definition.program.starts_with('/');
  if (!absolute && definition.program.find('/') != std::string::npos) {
    errors.push_back("the program " + in_quotes(definition.program) +
                     " must be a file name, looked up in helper_binary_path, or an absolute path");
  }
  std::vector<std::string> seen;
  for (const auto& [name, value] : pieces.options) {
    const auto known =
        std::find_if(keys().begin(), keys().end(), [&n = name](const Key& k) { return k.about.name == n; });
    if (known == keys().end()) {
      errors.push_back(unknown_key(name));
      continue;
    }
    if (!known->about.repeated && std::find(seen.begin(), seen.end(), name) != seen.end()) {
      errors.push_back(name + " is written twice");
      continue;
    }
    seen.push_back(name);
    const std::string wrong =
        value.empty() && name != "args" && name != "env_allow" ? "no value" : known->apply(definition, value);
    if (!wrong.empty()) errors.push_back(name + ": " + wrong);
  }
  if (definition.transport != HelperTransport::pipe) {
    for (const std::string& name : seen) {
      if (is_for_programs(name)) errors.push_back(name + " is for a helper that the daemon starts (transport=pipe)");
    }
  } else if (!definition.subsystem.empty() || !definition.client_certificate.empty()) {
    errors.push_back("subsystem and client_certificate are for a helper that connects by itself: add transport=");
  }
  if (definition.name.empty()) {
    const std::string file = definition.program.substr(definition.program.rfind('/') + 1);
    ValueContext context;
    if (!word_value().parse(file, definition.name, context).empty() && !definition.program.empty()) {
      errors.push_back("the program's file name " + in_quotes(file) + " cannot be its name: add name=");
    }
  }
  return definition;
}

}  // namespace kismet
