// An app has ONNX Runtime linked into it, statically. The core looks it up with dlsym, which finds nothing when nothing
// else refers to it, and nothing either once the app is stripped of its symbols, as apps for the App Store are. So the
// package has the core call this in dlsym's place (Package.swift), where ONNX Runtime is at hand without being looked up.
#if defined(dlsym)
#undef dlsym

#include <dlfcn.h>

#include <cstring>

#include "onnxruntime_c_api.h"

extern "C" void* edgener_dlsym(void* library, const char* name) {
  if (library == RTLD_DEFAULT && std::strcmp(name, "OrtGetApiBase") == 0) {
    return reinterpret_cast<void*>(&OrtGetApiBase);
  }
  return dlsym(library, name);
}

#endif
