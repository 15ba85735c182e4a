// A graph in ONNX Runtime: (ids of one window) -> its logits. Mirrors edgener/runtime/session.py.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bundle/files.h"
#include "runtime/ort.h"

namespace edgener {

// Calls `release`, one of ONNX Runtime's functions.
template <typename T>
struct Released {
  void(ORT_API_CALL* release)(T*) = nullptr;
  void operator()(T* object) const { release(object); }
};
template <typename T>
using Held = std::unique_ptr<T, Released<T>>;

// path: opened by ONNX Runtime, which finds weights beside it; where there are bytes, only a name. bytes: a graph in ONNX
// Runtime's format, which holds its weights: they are used where they lie.
struct Graph {
  std::string path;
  Mapped bytes;
};

class Session {
 public:
  // `labels`: how many the bundle has. threads: 0 leaves the choice to ONNX Runtime. Failure unless the graph is a
  // token classifier with these labels.
  Session(const Ort& ort, const Graph& graph, std::size_t labels, int threads, std::int64_t pad);

  // Row by row, [ids x labels]. From any thread.
  std::vector<float> run(const std::vector<std::int64_t>& ids) const;

 private:
  void check_shapes();
  std::vector<std::int64_t> shape(const OrtTensorTypeAndShapeInfo* info) const;
  std::vector<std::int64_t> declared(OrtTypeInfo* info, ONNXTensorElementDataType type) const;
  [[noreturn]] void refuse(const std::string& why) const;

  const Ort ort_;
  std::string where_;
  const Mapped bytes_;  // the session uses them
  std::size_t labels_;
  std::int64_t pad_;
  std::size_t length_ = 0;  // of a graph that takes one length only; else 0
  std::vector<std::string> inputs_;
  std::string output_;
  Held<OrtEnv> env_;
  Held<OrtMemoryInfo> memory_;
  Held<OrtSession> session_;
};

}  // namespace edgener
