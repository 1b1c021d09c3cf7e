#include "server/config_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <random>

#include "tests/server/config_files.h"

using namespace kismet;

namespace {

struct Reading {
  explicit Reading(const ConfigFolder& folder, ConfigFileLimits limits = {}) : reader(values(folder), limits) {}
  static ExpandValues values(const ConfigFolder& folder) {
    ExpandValues values;
    values.etc = folder.path();
    return values;
  }
  std::vector<std::string> values_of(std::string_view key) const {
    std::vector<std::string> out;
    for (const ConfigEntry& entry : reader.entries()) {
      if (entry.key == key) out.push_back(entry.value);
    }
    return out;
  }
  std::vector<std::string> problems() const {
    std::vector<std::string> out;
    for (const ConfigProblem& problem : reader.problems()) out.push_back(to_string(problem));
    return out;
  }
  ConfigFileReader reader;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a line is a key and a value, both trimmed, the key without case") {
  ConfigFolder folder;
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf",
                                   "# comment\n"
                                   "   # indented comment\n"
                                   "\n"
                                   "  Httpd_Port  =  2501  \r\n"
                                   "server_name=a # no comment\n"
                                   "args=x=y=z\n"
                                   "last=1"));
  CHECK(reading.problems().empty());
  CHECK(reading.values_of("httpd_port") == Texts{"2501"});
  CHECK(reading.values_of("server_name") == Texts{"a # no comment"});
  CHECK(reading.values_of("args") == Texts{"x=y=z"});
  CHECK(reading.values_of("last") == Texts{"1"});
  CHECK(reading.reader.entries().front().place == ConfigPlace{folder.path("a.conf"), 4});
}

TEST_CASE("a byte order mark is no part of the first key") {
  ConfigFolder folder;
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf", "\xef\xbb\xbfone=1\n"));
  CHECK(reading.values_of("one") == Texts{"1"});
}

TEST_CASE("every line that is wrong is reported with its number") {
  ConfigFolder folder;
  Reading reading(folder);
  const std::string path =
      folder.write("a.conf", std::string("novalue=\nno equals\n=x\n+=x\nbad key=1\nok=1\nctl=a\x01z\n") +
                                 "long=" + std::string(8187, 'x') + "\n" + "fits=" + std::string(8186, 'x') + "\n");
  reading.reader.read(path);
  CHECK(reading.problems() == Texts{
                                  path + ":1: error: novalue has no value",
                                  path + ":2: error: not a key=value line: \"no equals\"",
                                  path + ":3: error: not a key: \"\"",
                                  path + ":4: error: not a key: \"\"",
                                  path + ":5: error: not a key: \"bad key\"",
                                  path + ":7: error: ctl: the value holds a control character",
                                  path + ":8: error: the line is longer than 8191 bytes",
                              });
  CHECK(reading.values_of("ok") == Texts{"1"});
  CHECK(reading.values_of("fits").size() == 1);
}

TEST_CASE("an include is read in its place, relative to the file that names it or by expansion") {
  ConfigFolder folder;
  folder.write("sub/b.conf", "x=2\ninclude=c.conf\n");
  folder.write("sub/c.conf", "x=3\n");
  folder.write("d.conf", "x=4\n");
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf", "x=1\ninclude=sub/b.conf\nINCLUDE = %E/d.conf\nx=5\n"));
  CHECK(reading.problems().empty());
  CHECK(reading.values_of("x") == Texts{"1", "2", "3", "4", "5"});
  CHECK(reading.reader.files().size() == 4);
}

TEST_CASE("an optional include may be missing, and a pattern takes its files in order") {
  ConfigFolder folder;
  folder.write("conf.d/20.conf", "x=20\n");
  folder.write("conf.d/10.conf", "x=10\n");
  folder.write("conf.d/folder.conf/inner", "x=inner\n");
  folder.write("conf.d/other.txt", "x=no\n");
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf",
                                   "opt_include=none.conf\nopt_include=none/none.conf\nopt_include=none*.conf\n"
                                   "opt_include=conf.d/*.conf\n"));
  CHECK(reading.problems().empty());
  CHECK(reading.values_of("x") == Texts{"10", "20"});
}

TEST_CASE("an include that is missing, a folder, or a pattern without files is an error") {
  ConfigFolder folder;
  folder.write("folder/x", "");
  Reading reading(folder);
  const std::string path =
      folder.write("a.conf", "include=none.conf\ninclude=folder\ninclude=none*.conf\nopt_include=folder\n");
  reading.reader.read(path);
  CHECK(reading.problems() ==
        Texts{
            path + ":1: error: cannot read " + folder.path("none.conf") + ": No such file or directory",
            path + ":2: error: cannot read " + folder.path("folder") + ": it is a directory",
            path + ":3: error: no file matches \"none*.conf\"",
            path + ":4: error: cannot read " + folder.path("folder") + ": it is a directory",
        });
}

TEST_CASE("a main file that is missing, a folder, or unreadable is an error") {
  ConfigFolder folder;
  Reading reading(folder);
  reading.reader.read(folder.path("none.conf"));
  reading.reader.read(folder.path());
  Texts expected{
      "error: cannot read " + folder.path("none.conf") + ": No such file or directory",
      "error: cannot read " + folder.path() + ": it is a directory",
  };
  if (geteuid() != 0) {  // Root reads everything.
    const std::string secret = folder.write("secret.conf", "x=1\n");
    REQUIRE(chmod(secret.c_str(), 0) == 0);
    reading.reader.read(secret);
    expected.push_back("error: cannot read " + secret + ": Permission denied");
  }
  CHECK(reading.problems() == expected);
}

TEST_CASE("files that include themselves are refused, however far around") {
  ConfigFolder folder;
  folder.write("b.conf", "include=c.conf\n");
  const std::string c = folder.write("c.conf", "x=1\ninclude=./a.conf\ny=1\n");
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf", "include=b.conf\n"));
  CHECK(reading.problems() == Texts{c + ":2: error: " + folder.path("./a.conf") + " includes itself"});
  CHECK(reading.values_of("y") == Texts{"1"});
}

TEST_CASE("includes that double at every step end at the limit of files") {
  ConfigFolder folder;
  for (int i = 0; i < 15; ++i) {
    const std::string next = "include=" + std::to_string(i + 1) + "\n";
    folder.write(std::to_string(i), next + next);
  }
  folder.write("15", "x=1\n");
  ConfigFileLimits limits;
  limits.files = 100;
  Reading reading(folder, limits);
  reading.reader.read(folder.path("0"));
  CHECK(reading.reader.files().size() == 100);
  REQUIRE_FALSE(reading.problems().empty());
  CHECK_THAT(reading.problems().front(), Catch::Matchers::Contains("too many files"));
}

TEST_CASE("includes that nest too deep, and files without end, are refused") {
  ConfigFolder folder;
  folder.write("0", "include=1\n");
  folder.write("1", "include=2\n");
  folder.write("2", "include=3\n");
  ConfigFileLimits limits;
  limits.depth = 3;
  Reading reading(folder, limits);
  reading.reader.read(folder.path("0"));
  reading.reader.read("/dev/zero");
  REQUIRE(reading.problems().size() == 2);
  CHECK_THAT(reading.problems()[0], Catch::Matchers::Contains("too deep"));
  CHECK_THAT(reading.problems()[1], Catch::Matchers::Contains("longer than"));
}

TEST_CASE("an override takes the place of a whole key, unless each of its lines appends") {
  ConfigFolder folder;
  folder.write("kismet_site.conf",
               "scalar=site\n"
               "list=site\n"
               "added+=site\n"
               "mixed+=site1\n"
               "mixed=site2\n"
               "new=site\n");
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf",
                                   "opt_override=%E/kismet_site.conf\n"
                                   "opt_override=%E/none.conf\n"
                                   "scalar=main\n"
                                   "list=one\n"
                                   "list+=two\n"
                                   "added=main\n"
                                   "mixed=main\n"));
  CHECK(reading.problems().empty());
  CHECK(reading.values_of("scalar") == Texts{"site"});
  CHECK(reading.values_of("list") == Texts{"site"});
  CHECK(reading.values_of("added") == Texts{"main", "site"});
  CHECK(reading.values_of("mixed") == Texts{"site1", "site2"});
  CHECK(reading.values_of("new") == Texts{"site"});
}

TEST_CASE("overrides run in their order, after all else, and each once") {
  ConfigFolder folder;
  folder.write("one.conf", "x=one\nopt_override=one.conf\nopt_override=two.conf\ninclude=part.conf\n");
  folder.write("part.conf", "y=part\n");
  folder.write("two.conf", "x=two\nlist+=two\n");
  folder.write("flavor.conf", "x=flavor\n");
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf", "opt_override=one.conf\nopt_override=two.conf\nx=main\ny=main\n"));
  CHECK(reading.values_of("x") == Texts{"two"});
  CHECK(reading.values_of("y") == Texts{"part"});
  CHECK(reading.values_of("list") == Texts{"two"});

  reading.reader.read_override(folder.path("flavor.conf"), {"command line", 0});
  CHECK(reading.values_of("x") == Texts{"flavor"});
  reading.reader.read_override(folder.path("none.conf"), {"command line", 0});
  CHECK(reading.problems() ==
        Texts{"command line: error: cannot read " + folder.path("none.conf") + ": No such file or directory"});
}

TEST_CASE("the command line replaces what files say") {
  ConfigFolder folder;
  Reading reading(folder);
  reading.reader.read(folder.write("a.conf", "x=1\nx=2\ny=1\n"));
  reading.reader.replace("x", {"3"}, {"command line", 0});
  CHECK(reading.values_of("x") == Texts{"3"});
  CHECK(reading.values_of("y") == Texts{"1"});
}

TEST_CASE("random bytes are read without harm") {
  ConfigFolder folder;
  std::mt19937 random(7);
  const std::string alphabet = "=+#%\n\r\t *?[a./\\\"\xff\x80" + std::string(1, '\0') + "include=opt_override=";
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += alphabet[random() % alphabet.size()];
    Reading reading(folder);
    reading.reader.read(folder.write("a.conf", text));
    for (const ConfigEntry& entry : reading.reader.entries()) {
      REQUIRE_FALSE(entry.key.empty());
      REQUIRE_FALSE(entry.value.empty());
    }
    for (const std::string& problem : reading.problems()) REQUIRE(problem.find('\n') == std::string::npos);
  }
}
