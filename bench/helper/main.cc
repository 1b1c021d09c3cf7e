#include <signal.h>

#include <CLI/CLI.hpp>
#include <string>

#include "bench/helper/bench_helper.h"

int main(int argc, char** argv) {
  kismet::bench::HelperOptions options;
  CLI::App app("The helper of the benchmark; bench/helper/bodies.h lists its URIs.");
  app.add_option("--in-fd", options.in_fd, "Descriptor that frames come from")->required();
  app.add_option("--out-fd", options.out_fd, "Descriptor that frames go to")->required();
  app.add_option("--prefix", options.prefix, "Of all URIs");
  app.add_option("--uris", options.uris, "URIs to register beside the benchmark's own");
  app.add_option("--publish-rate", options.publish_rate, "Events a second to publish");
  app.add_option("--publish-size", options.publish_size, "Bytes of an event");
  app.add_flag("--subscribe", options.subscribe, "Hear what is published");
  std::string wire = "v2";
  app.add_option("--wire", wire, "Wire generation to speak")->check(CLI::IsMember({"v0", "v2"}));
  CLI11_PARSE(app, argc, argv);
  if (wire == "v0") options.generation = kismet::wire::Generation::v0;
  ::signal(SIGPIPE, SIG_IGN);
  return kismet::bench::BenchHelper(options).run();
}
