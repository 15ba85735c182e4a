// ONNX Runtime's interface, as its framework for Apple's systems names it; Debian's libonnxruntime-dev has the same name.
#pragma once

#include <onnxruntime/onnxruntime_c_api.h>

#include <cstdint>  // which the framework's header does not bring, and those who include this one count on
