#include "external/exit_hints.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <fstream>

#include "tests/support/temporary_folder.h"

using namespace kismet;

namespace {

ExitStatus exited(int code) {
  return {ExitStatus::Kind::exited, code, false};
}
ExitStatus killed(int signal) {
  return {ExitStatus::Kind::signalled, signal, false};
}

std::string hint_of(std::string line) {
  return exit_hint(exited(1), {"Traceback", std::move(line), "  after it"}, {});
}

SpawnError exec_error(int error) {
  return {SpawnStep::exec, {error, boost::system::system_category()}};
}

}  // namespace

TEST_CASE("known last words of a helper give a remedy") {
  CHECK_THAT(hint_of("ModuleNotFoundError: No module named 'google.protobuf'"), Catch::Contains("\"google.protobuf\""));
  CHECK_THAT(hint_of("TypeError: Descriptors cannot be created directly."),
             Catch::Contains("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python"));
  CHECK_THAT(hint_of("TypeError: Descriptors cannot not be created directly."),
             Catch::Contains("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python"));
  CHECK_THAT(hint_of("RuntimeError: There is no current event loop in thread 'MainThread'."),
             Catch::Contains("Python 3.14"));
  CHECK_THAT(hint_of("PermissionError: [Errno 13] Permission denied: '/dev/ttyUSB0'"), Catch::Contains("rights"));
  CHECK_THAT(hint_of("x: error while loading shared libraries: librtlsdr.so.0: cannot open shared object file"),
             Catch::Contains("shared library"));
  CHECK_THAT(hint_of("/usr/bin/env: 'python4': No such file or directory"), Catch::Contains("python4"));
  CHECK(hint_of("something else went wrong").empty());
}

TEST_CASE("a limit that ended a helper is named") {
  ProcessLimits limits;
  CHECK_THAT(exit_hint(killed(SIGXCPU), {}, limits), Catch::Contains("cpu_seconds="));
  CHECK_THAT(exit_hint(killed(SIGXFSZ), {}, limits), Catch::Contains("file_size="));
  CHECK_THAT(exit_hint(killed(SIGKILL), {}, limits), Catch::Contains("memory"));
  limits.cpu_seconds = 10;
  CHECK_THAT(exit_hint(killed(SIGKILL), {}, limits), Catch::Contains("cpu_seconds="));
  CHECK_THAT(exit_hint(exited(127), {}, limits), Catch::Contains("not found"));
  CHECK(exit_hint(exited(1), {}, limits).empty());
}

TEST_CASE("a script whose interpreter is missing says which one") {
  const testing::TemporaryFolder folder;
  Launch launch;
  launch.path = folder.file("helper");
  const auto with_first_line = [&](const char* line) {
    std::ofstream(launch.path, std::ios::binary) << line << "more\n";
    return spawn_hint(exec_error(ENOENT), launch);
  };
  CHECK(with_first_line("#!/usr/bin/python4 -u\n") == "its first line asks for /usr/bin/python4, which does not exist");
  CHECK_THAT(with_first_line("#! /bin/sh\r\n"), Catch::Contains("CR LF"));
  CHECK_THAT(with_first_line("#!\n"), Catch::Contains("names no interpreter"));
  CHECK_THAT(with_first_line("\177ELF"), Catch::Contains("another system"));
}

TEST_CASE("other failures to start have their hints") {
  Launch launch;
  launch.path = "/nowhere";
  CHECK_THAT(spawn_hint(exec_error(ENOEXEC), launch), Catch::Contains("#!"));
  CHECK_THAT(spawn_hint(exec_error(EACCES), launch), Catch::Contains("noexec"));
  CHECK_THAT(spawn_hint({SpawnStep::user_and_groups, {EPERM, boost::system::system_category()}}, launch),
             Catch::Contains("root"));
  CHECK_THAT(spawn_hint({SpawnStep::pipes, {EMFILE, boost::system::system_category()}}, launch),
             Catch::Contains("descriptors"));
}
