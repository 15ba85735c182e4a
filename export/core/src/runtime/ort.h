// ONNX Runtime's shared library, loaded when it is needed: this code is tied to no version of it.
#pragma once

#include <onnxruntime_c_api.h>

#include <string>

namespace edgener {

class Ort {
 public:
  // `library`: its path; empty: $EDGENER_ONNXRUNTIME, what this process already holds, or the usual names. Failure
  // when there is none. It stays loaded: its threads outlive whoever asked for it.
  explicit Ort(const std::string& library);

  // Failure unless it is at least `minimum`, such as "1.18.0".
  void require(const std::string& minimum, const std::string& where) const;

  const OrtApi& api() const { return *api_; }
  const std::string& version() const { return version_; }
  // Failure, with what ONNX Runtime says, unless all went well; takes the status.
  void check(OrtStatus* status, const std::string& what) const;

 private:
  const OrtApi* api_ = nullptr;
  std::string version_;
};

}  // namespace edgener
