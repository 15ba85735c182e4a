#include "runtime/machine.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "failure.h"

namespace edgener {
namespace {

// The features that are asked for on this machine, with "or" between them, when it has none of them.
std::string lacking(const Features& asked, const Machine& machine) {
  const auto found = asked.find(machine.name);
  if (found == asked.end()) return "";
  std::string names;
  for (const std::string& name : found->second) {
    if (machine.features->count(name)) return "";
    names += (names.empty() ? "" : " or ") + name;
  }
  return names;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  struct utsname names;
  if (uname(&names) == 0) machine.name = names.machine;
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(':');
    const std::string key = line.substr(0, line.find_last_not_of(" \t", colon == std::string::npos ? colon : colon - 1) + 1);
    if (colon == std::string::npos || (key != "flags" && key != "Features")) continue;
    std::istringstream values(line.substr(colon + 1));
    machine.features.emplace();
    for (std::string value; values >> value;) machine.features->insert(value);
    break;
  }
  return machine;
}

std::vector<std::string> machine_warnings(const Manifest& manifest, const std::string& where, const Machine& machine) {
  if (!machine.features) return {};
  if (const std::string needed = lacking(manifest.needs, machine); !needed.empty()) {
    throw Failure(EDGENER_WRONG_MACHINE, where + ": made for target " + manifest.target + ", which needs " + needed +
                                             "; this CPU has none; export it for another --target");
  }
  if (const std::string saturates = lacking(manifest.exact_with, machine); !saturates.empty()) {
    return {where + ": without " + saturates +
            " this CPU's int8 sums can saturate, and answers differ from those that were measured; --target x86-avx2 "
            "exports a bundle for it"};
  }
  return {};
}

}  // namespace edgener
