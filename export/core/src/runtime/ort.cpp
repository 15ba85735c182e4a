#include "runtime/ort.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "failure.h"

namespace edgener {
namespace {

// All that is used here has been in ONNX Runtime's interface since this version of it (1.6), which each later one gives.
constexpr std::uint32_t kApiVersion = 6;
constexpr const char* kSymbol = "OrtGetApiBase";
#if defined(__APPLE__)
constexpr const char* kUsualNames[] = {"libonnxruntime.dylib", "libonnxruntime.1.dylib"};
#else
constexpr const char* kUsualNames[] = {"libonnxruntime.so.1", "libonnxruntime.so"};
#endif

using GetApiBase = const OrtApiBase*(ORT_API_CALL*)();

GetApiBase in_library(const std::string& name, std::string& why) {
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = library ? dlsym(library, kSymbol) : nullptr;
  if (!symbol) {
    const char* said = dlerror();
    why = said ? said : name + " is no ONNX Runtime";
  }
  return reinterpret_cast<GetApiBase>(symbol);
}

GetApiBase find(const std::string& library) {
  const char* variable = std::getenv("EDGENER_ONNXRUNTIME");
  const std::string named = !library.empty() ? library : variable ? variable : "";
  std::string why;
  if (!named.empty()) {
    if (const GetApiBase found = in_library(named, why)) return found;
    throw Failure(EDGENER_NO_RUNTIME, "ONNX Runtime cannot be loaded (" + printable(why, 200) + ")");
  }
#if defined(EDGENER_LINKED_ONNXRUNTIME)
  // Linked in statically, as on iOS, where a program that is stripped of its symbols has none to look up.
  return &OrtGetApiBase;
#else
  if (void* symbol = dlsym(RTLD_DEFAULT, kSymbol)) return reinterpret_cast<GetApiBase>(symbol);
  for (const char* name : kUsualNames) {
    if (const GetApiBase found = in_library(name, why)) return found;
  }
  throw Failure(EDGENER_NO_RUNTIME, std::string("ONNX Runtime is not installed (no ") + kUsualNames[0] +
                                        " where libraries are looked for); install it, or name its library in "
                                        "EDGENER_ONNXRUNTIME");
#endif
}

// Major and minor number.
std::pair<long, long> numbers(const std::string& version) {
  char* end = nullptr;
  const long major = std::strtol(version.c_str(), &end, 10);
  return {major, *end == '.' ? std::strtol(end + 1, nullptr, 10) : 0};
}

}  // namespace

Ort::Ort(const std::string& library) {
  const OrtApiBase* base = find(library)();
  version_ = printable(base->GetVersionString());
  api_ = base->GetApi(kApiVersion);
  if (!api_) throw Failure(EDGENER_NO_RUNTIME, "ONNX Runtime " + version_ + " does not speak the interface of 1.6; update it");
}

void Ort::require(const std::string& minimum, const std::string& where) const {
  if (numbers(version_) >= numbers(minimum)) return;
  throw Failure(EDGENER_NO_RUNTIME,
                where + ": needs ONNX Runtime " + minimum + ", " + version_ + " is installed; update it");
}

void Ort::check(OrtStatus* status, const std::string& what) const {
  if (!status) return;
  const std::string said = printable(api_->GetErrorMessage(status), 200);
  api_->ReleaseStatus(status);
  throw Failure(EDGENER_RUNTIME, what + " (" + said + ")");
}

}  // namespace edgener
