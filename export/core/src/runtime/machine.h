// What this CPU can do, and what a bundle asks of it. Mirrors edgener/runtime/cpu.py.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bundle/manifest.h"

namespace edgener {

struct Machine {
  std::string name;                              // as uname has it
  std::optional<std::set<std::string>> features;  // as Linux names them; none where the system does not tell
};

Machine this_machine();

// Failure for a bundle that needs what this machine lacks; else what there is to say of it, a line each. A machine that
// the bundle does not name is asked nothing: a bundle for a phone can be tried on a desk.
std::vector<std::string> machine_warnings(const Manifest& manifest, const std::string& where, const Machine& machine);

}  // namespace edgener
