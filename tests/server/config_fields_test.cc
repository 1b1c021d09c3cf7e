#include <boost/pfr.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "server/config_schema.h"

using namespace kismet;

namespace {

/// The members of a Config that some key sets, and those that none does.
class Members {
 public:
  Members() {
    for (const Setting& setting : all_settings()) {
      if (setting.where) keyed_.insert(setting.where(config_));
    }
  }
  const Config& config() const { return config_; }

  /// Notes each member of the plain struct `part` that has no key; one that is a struct counts by its first member.
  template <typename Part>
  void look_at(const std::string& name, const Part& part) {
    std::size_t index = 0;
    boost::pfr::for_each_field(part, [&](const auto& member) {
      if (!keyed_.contains(&member)) without_key_.insert(name + " member " + std::to_string(index));
      ++index;
    });
  }
  const std::set<std::string>& without_key() const { return without_key_; }

 private:
  const Config config_;
  std::set<const void*> keyed_;
  std::set<std::string> without_key_;
};

}  // namespace

TEST_CASE("every member of the settings has a key in the configuration") {
  Members members;
  const Config& config = members.config();
  const SupervisorSettings& helpers = config.helpers.settings;
  members.look_at("HttpdSettings", config.httpd.settings);
  members.look_at("IdentitySettings", config.identity);
  members.look_at("SessionSettings", helpers.session);
  members.look_at("OutputSettings", helpers.output);
  members.look_at("RestartSettings", helpers.restart);
  members.look_at("SupervisorSettings", helpers);
  members.look_at("ProxySettings", config.helpers.proxy);
  members.look_at("ParkedSettings", config.helpers.parked);
  members.look_at("SwapSettings", config.helpers.swap);
  members.look_at("ReplaySettings", config.buses.replay);
  members.look_at("FeedSettings", config.buses.feed);
  members.look_at("MessageBusSettings", config.buses.messages);
  members.look_at("RemoteConfig", config.remote);
  members.look_at("LoggingConfig", config.logging);
  members.look_at("LogSettings", config.logging.settings);
  members.look_at("SystemConfig", config.system);
  const std::set<std::string> set_otherwise{
      "SupervisorSettings member 5",  // env: KISMET_ETC.
      "LoggingConfig member 1",       // types: log_types, which is a list in one value.
  };
  CHECK(members.without_key() == set_otherwise);
}
