// What goes wrong inside: thrown here, turned into a status and one line at the C interface (api.cpp).
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "edgener.h"

namespace edgener {

class Failure : public std::exception {
 public:
  Failure(edgener_status status, std::string message) : status(status), message(std::move(message)) {}
  const char* what() const noexcept override { return message.c_str(); }

  edgener_status status;
  std::string message;
};

// One line of at most `most` code points that a terminal can show, whatever a file says.
std::string printable(std::string_view text, std::size_t most = 40);

}  // namespace edgener
