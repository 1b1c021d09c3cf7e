#include <boost/pfr.hpp>
#include <catch2/catch.hpp>
#include <random>

#include "server/helper_line.h"

using namespace kismet;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

HelperDefinition good(std::string_view line) {
  Texts errors;
  HelperDefinition helper = parse_helper_line(line, {"kismet.conf", 7}, errors);
  CAPTURE(std::string(line));
  CHECK(errors == Texts{});
  return helper;
}

Texts errors_of(std::string_view line) {
  Texts errors;
  parse_helper_line(line, {"kismet.conf", 7}, errors);
  return errors;
}

Texts split(std::string_view text) {
  Texts out;
  CHECK(split_arguments(text, out) == "");
  return out;
}

}  // namespace

TEST_CASE("a helper may be a program alone, named after its file") {
  const HelperDefinition helper = good("kismet_demo.py");
  CHECK(helper.name == "kismet_demo.py");
  CHECK(helper.program == "kismet_demo.py");
  CHECK(helper.defined_at == "kismet.conf:7");
  CHECK(helper.args.empty());
  CHECK(good("/opt/x/kismet_y").name == "kismet_y");
  CHECK(good("kismet_demo:").program == "kismet_demo");
}

TEST_CASE("all keys of a helper arrive") {
  const HelperDefinition helper = good(
      "kismet_demo:name=demo,args=\"--title Hello --n "
      "1\",env=\"A=b\",env=\"C=d=e\",wire=v2,restart=always,enabled=false,"
      "uri_role=any,token_role=readonly,ready_timeout=5s,must_speak=true,ping_interval=0,ping_timeout=1500,"
      "open_requests=7,bytes_a_second=2M,messages_a_second=8,events_a_second=9,user=nobody,"
      "group=1000,working_directory=/tmp,env_allow=\"PATH LC_*\",memory=512M,cpu_seconds=60,open_files=64,processes=10,"
      "file_size=1G,core_size=0,group_memory=1G,group_processes=20,nice=-5,no_new_privileges=yes");
  CHECK(helper.name == "demo");
  CHECK(helper.args == Texts{"--title", "Hello", "--n", "1"});
  CHECK(helper.env == std::vector<std::pair<std::string, std::string>>{{"A", "b"}, {"C", "d=e"}});
  CHECK(helper.wire == WireChoice::v2);
  CHECK(helper.restart == RestartMode::always);
  CHECK_FALSE(helper.enabled);
  CHECK(helper.uri_role == "any");
  CHECK(helper.token_role == "readonly");
  CHECK(helper.ready_timeout == 5s);
  CHECK(helper.must_speak);
  CHECK(helper.ping_interval == 0ms);
  CHECK(helper.ping_timeout == 1500ms);
  CHECK(helper.open_requests == 7u);
  CHECK(helper.bytes_a_second == 2u * 1024 * 1024);
  CHECK(helper.messages_a_second == 8u);
  CHECK(helper.events_a_second == 9u);
  CHECK(helper.user == "nobody");
  CHECK(helper.group == "1000");
  CHECK(helper.working_directory == "/tmp");
  CHECK(helper.env_allow == Texts{"PATH", "LC_*"});
  CHECK(helper.limits.memory == 512u * 1024 * 1024);
  CHECK(helper.limits.cpu_seconds == 60u);
  CHECK(helper.limits.open_files == 64u);
  CHECK(helper.limits.processes == 10u);
  CHECK(helper.limits.file_size == 1024u * 1024 * 1024);
  CHECK(helper.limits.core_size == 0u);
  CHECK(helper.group_limits.memory == 1024u * 1024 * 1024);
  CHECK(helper.group_limits.processes == 20u);
  CHECK(helper.nice == -5);
  CHECK(helper.no_new_privileges);

  // Nothing of a definition is out of reach: every member is another than in a definition that nobody wrote.
  const HelperDefinition untouched;
  std::size_t member = 0;
  std::vector<std::size_t> as_they_were;
  boost::pfr::for_each_field(helper, [&](const auto& value) {
    const auto* const before = reinterpret_cast<const char*>(&untouched) +
                               (reinterpret_cast<const char*>(&value) - reinterpret_cast<const char*>(&helper));
    if (value == *reinterpret_cast<const std::decay_t<decltype(value)>*>(before)) as_they_were.push_back(member);
    ++member;
  });
  // The search path, which is helper_binary_path's; and what is for helpers that connect by themselves.
  CHECK(as_they_were == std::vector<std::size_t>{2, 6, 7, 8});
}

TEST_CASE("quotes hold commas, colons, quotes and backslashes") {
  struct Row {
    const char* line;
    Texts args;
  };
  const Row rows[] = {
      {R"(p:args="a,b c")", {"a,b", "c"}},
      {R"(p:args=a b)", {"a", "b"}},
      {R"(p:args="--title \"Hello World\"")", {"--title", "Hello World"}},
      {R"(p:args="--title ""Hello World""")", {"--title", "Hello World"}},
      {R"(p:args="--title 'Hello World'")", {"--title", "Hello World"}},
      {R"(p:args="a\\ b")", {"a b"}},
      {R"(p:args="a:b=c")", {"a:b=c"}},
      {R"(p:args="")", {}},
      {R"(p:args="''")", {""}},
      {R"(  p  :  args =  "x" , name = q )", {"x"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(good(row.line).args == row.args);
  }
  CHECK(good(R"("/opt/a:b/prog":name=x)").program == "/opt/a:b/prog");
}

TEST_CASE("arguments are split as a shell splits them, with nothing expanded") {
  CHECK(split("") == Texts{});
  CHECK(split("  a   b\tc ") == Texts{"a", "b", "c"});
  CHECK(split(R"(a'b c'd "e f" "")") == Texts{"ab cd", "e f", ""});
  CHECK(split(R"("a\"b" "c\\d" "e\f" 'g\h' i\ j)") == Texts{"a\"b", "c\\d", "e\\f", "g\\h", "i j"});
  CHECK(split("$HOME *.c ~ `x` a;b") == Texts{"$HOME", "*.c", "~", "`x`", "a;b"});
  Texts ignored;
  CHECK(split_arguments("'a", ignored) == "the quote ' does not close");
  CHECK(split_arguments("\"a", ignored) == "the quote \" does not close");
  CHECK(split_arguments("a\\", ignored) == "the last backslash takes nothing");
}

TEST_CASE("every piece of a helper that is wrong is named") {
  struct Row {
    const char* line;
    Texts errors;
  };
  const Row rows[] = {
      {"p:restart=sometimes", {"restart: \"sometimes\" is not never, on-failure or always"}},
      {"p:restrat=never", {"unknown \"restrat\"; did you mean \"restart\"?"}},
      {"p:wire=v1,name=a b",
       {"wire: \"v1\" is not auto, v0, v2 or v3; did you mean \"v0\"?",
        "name: \"a b\" is not a word of at most 64 letters, digits, '_', '-' and '.'"}},
      {"p:name=a,name=b", {"name is written twice"}},
      {"p:name", {"\"name\" has no '=' and a value; a value that holds a comma needs quotes"}},
      {"p:args=a,b", {"\"b\" has no '=' and a value; a value that holds a comma needs quotes"}},
      {"p:name=a,", {"nothing follows the last comma"}},
      {"p:name=", {"name: no value"}},
      {"p:args=\"a", {"args: the quote does not close, or text follows it"}},
      {"p:args=\"a\"b", {"args: the quote does not close, or text follows it"}},
      {"p:env=A", {"env: \"A\" is not NAME=value"}},
      {"p:env=1A=b", {"env: \"1A=b\" is not NAME=value"}},
      {"p:env_allow=A B-*", {"env_allow: \"B-*\" is not a variable's NAME or PREFIX*"}},
      {"p:working_directory=x", {"working_directory: \"x\" is not an absolute path"}},
      {"p:memory=lots", {"memory: \"lots\" is not a size: a number of bytes, or one with k, M or G"}},
      {"bin/p:name=x",
       {"the program \"bin/p\" must be a file name, looked up in helper_binary_path, or an absolute path"}},
      {"%h:name=x", {"the program \"%h\" expands to nothing"}},
      {":name=x", {"no program before the colon"}},
      {"a b", {"the program's file name \"a b\" cannot be its name: add name="}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(errors_of(row.line) == row.errors);
  }
  REQUIRE(errors_of("p:zzzzzzzz=1").size() == 1);
  CHECK_THAT(errors_of("p:zzzzzzzz=1").front(),
             Catch::Matchers::StartsWith("unknown \"zzzzzzzz\"; known are name, transport"));
}

TEST_CASE("the table of a helper's keys shows their defaults") {
  for (const HelperKey& key : helper_keys()) {
    CAPTURE(key.name);
    CHECK_FALSE(key.type.empty());
    CHECK_FALSE(key.help.empty());
    if (!key.default_text.empty()) {
      CHECK(errors_of("p:" + key.name + "=" + key.default_text).empty());
    }
  }
}

TEST_CASE("random helper lines are taken or refused without harm") {
  std::mt19937 random(3);
  const std::string alphabet = "p:=,\"'\\ \tname=args=env=A\xff\x01%/";
  for (int round = 0; round < 20'000; ++round) {
    std::string line;
    for (std::size_t i = random() % 40; i > 0; --i) line += alphabet[random() % alphabet.size()];
    Texts errors;
    const HelperDefinition helper = parse_helper_line(line, {"x", 1}, errors);
    if (errors.empty()) {
      REQUIRE_FALSE(helper.name.empty());
      REQUIRE_FALSE(helper.program.empty());
    }
  }
}
