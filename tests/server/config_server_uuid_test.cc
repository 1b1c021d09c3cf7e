#include <catch2/catch.hpp>

#include "server/config_value.h"
#include "server/server_uuid.h"
#include "tests/server/config_files.h"

using namespace kismet;

TEST_CASE("a UUID is made once and kept") {
  ConfigFolder folder;
  const ServerUuid made = kept_server_uuid(folder.path("new"));
  CHECK(made.warning.empty());
  std::string again;
  ValueContext context;
  CHECK(uuid_value().parse(made.uuid, again, context).empty());
  CHECK(made.uuid[14] == '4');
  CHECK(kept_server_uuid(folder.path("new")).uuid == made.uuid);
  CHECK(kept_server_uuid(folder.path("other")).uuid != made.uuid);
}

TEST_CASE("a file without a UUID is replaced, and one that cannot be written is said") {
  ConfigFolder folder;
  folder.write("kismet_server_id.conf", "server_uuid=nonsense\nrubbish\n");
  const ServerUuid made = kept_server_uuid(folder.path());
  CHECK(kept_server_uuid(folder.path()).uuid == made.uuid);

  folder.write("file", "");
  const ServerUuid lost = kept_server_uuid(folder.path("file/below"));
  CHECK(lost.uuid.size() == 36);
  CHECK_THAT(lost.warning, Catch::Matchers::Contains("cannot be kept in "));
}
