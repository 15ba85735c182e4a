#include "runtime/session.h"

#include <algorithm>
#include <cmath>

#include "failure.h"

namespace edgener {
namespace {

constexpr std::int64_t kMostWindow = 65'536;
constexpr const char* kIds = "input_ids";
constexpr const char* kMask = "attention_mask";
constexpr const char* kTypes = "token_type_ids";

template <typename T>
Held<T> held(T* object, void(ORT_API_CALL* release)(T*)) {
  return Held<T>(object, Released<T>{release});
}

}  // namespace

Session::Session(const Ort& ort, const Graph& graph, std::size_t labels, int threads, std::int64_t pad)
    : ort_(ort), where_(printable(graph.path, 200)), bytes_(graph.bytes), labels_(labels), pad_(pad) {
  const OrtApi& api = ort_.api();
  const std::string failed = where_ + ": ONNX Runtime " + ort_.version() + " cannot load it";
  OrtEnv* env = nullptr;
  ort_.check(api.CreateEnv(ORT_LOGGING_LEVEL_FATAL, "edgener", &env), failed);
  env_ = held(env, api.ReleaseEnv);
  OrtMemoryInfo* memory = nullptr;
  ort_.check(api.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), failed);
  memory_ = held(memory, api.ReleaseMemoryInfo);
  OrtSessionOptions* made = nullptr;
  ort_.check(api.CreateSessionOptions(&made), failed);
  const auto options = held(made, api.ReleaseSessionOptions);
  ort_.check(api.SetIntraOpNumThreads(made, threads), failed);
  ort_.check(api.SetInterOpNumThreads(made, 1), failed);
  ort_.check(api.SetSessionGraphOptimizationLevel(made, ORT_ENABLE_ALL), failed);
  // What goes wrong is a status; the log would only repeat it on stderr.
  ort_.check(api.SetSessionLogSeverityLevel(made, ORT_LOGGING_LEVEL_FATAL), failed);
  OrtSession* session = nullptr;
  if (const std::string_view bytes = bytes_.bytes; bytes.data()) {
    // Else the bytes could be an ONNX graph, which names other files.
    ort_.check(api.AddSessionConfigEntry(made, "session.load_model_format", "ORT"), failed);
    ort_.check(api.AddSessionConfigEntry(made, "session.use_ort_model_bytes_directly", "1"), failed);
    ort_.check(api.AddSessionConfigEntry(made, "session.use_ort_model_bytes_for_initializers", "1"), failed);
    ort_.check(api.CreateSessionFromArray(env_.get(), bytes.data(), bytes.size(), made, &session), failed);
  } else {
    ort_.check(api.CreateSession(env_.get(), graph.path.c_str(), made, &session), failed);
  }
  session_ = held(session, api.ReleaseSession);
  check_shapes();
}

void Session::refuse(const std::string& why) const { throw Failure(EDGENER_RUNTIME, where_ + ": " + why); }

std::vector<std::int64_t> Session::shape(const OrtTensorTypeAndShapeInfo* info) const {
  std::size_t rank = 0;
  ort_.check(ort_.api().GetDimensionsCount(info, &rank), where_);
  std::vector<std::int64_t> sizes(rank);
  ort_.check(ort_.api().GetDimensions(info, sizes.data(), rank), where_);
  return sizes;
}

std::vector<std::int64_t> Session::declared(OrtTypeInfo* info, ONNXTensorElementDataType type) const {
  const auto freed = held(info, ort_.api().ReleaseTypeInfo);
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  ort_.check(ort_.api().CastTypeInfoToTensorInfo(info, &tensor), where_);
  ONNXTensorElementDataType found = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  if (tensor) ort_.check(ort_.api().GetTensorElementType(tensor, &found), where_);
  if (found != type) refuse("not a token classifier (int64 ids in, float32 [batch, length, labels] out)");
  return shape(tensor);
}

void Session::check_shapes() {
  const OrtApi& api = ort_.api();
  OrtAllocator* allocator = nullptr;
  ort_.check(api.GetAllocatorWithDefaultOptions(&allocator), where_);
  const auto name_of = [&](auto ask, std::size_t index) {
    char* name = nullptr;
    ort_.check(ask(session_.get(), index, allocator, &name), where_);
    const std::string copy = name;
    ort_.check(api.AllocatorFree(allocator, name), where_);
    return copy;
  };
  std::size_t inputs = 0, outputs = 0;
  ort_.check(api.SessionGetInputCount(session_.get(), &inputs), where_);
  ort_.check(api.SessionGetOutputCount(session_.get(), &outputs), where_);
  bool has_ids = false;
  for (std::size_t index = 0; index < inputs; ++index) {
    inputs_.push_back(name_of(api.SessionGetInputName, index));
    const std::string& name = inputs_.back();
    if (name != kIds && name != kMask && name != kTypes) refuse("not a token classifier (input " + printable(name) + ")");
    OrtTypeInfo* info = nullptr;
    ort_.check(api.SessionGetInputTypeInfo(session_.get(), index, &info), where_);
    const auto sizes = declared(info, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64);
    if (name != kIds) continue;
    has_ids = true;
    if (sizes.size() != 2 || sizes[0] > 1 || sizes[1] > kMostWindow) refuse("takes windows that are none of a bundle");
    if (sizes[1] > 0) length_ = static_cast<std::size_t>(sizes[1]);
  }
  if (!has_ids || outputs != 1) refuse("not a token classifier (no input_ids, or more than one output)");
  output_ = name_of(api.SessionGetOutputName, 0);
  OrtTypeInfo* info = nullptr;
  ort_.check(api.SessionGetOutputTypeInfo(session_.get(), 0, &info), where_);
  const auto sizes = declared(info, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
  if (sizes.size() != 3) refuse("not a token classifier (int64 ids in, float32 [batch, length, labels] out)");
  if (sizes[2] > 0 && static_cast<std::size_t>(sizes[2]) != labels_) {
    refuse("the graph has " + std::to_string(sizes[2]) + " outputs, labels.json " + std::to_string(labels_));
  }
}

std::vector<float> Session::run(const std::vector<std::int64_t>& ids) const {
  const OrtApi& api = ort_.api();
  const std::string failed = where_ + ": ONNX Runtime cannot run it";
  const std::size_t length = std::max(ids.size(), length_);
  std::vector<std::int64_t> padded = ids, mask(length, 0), types(length, 0);
  padded.resize(length, pad_);
  std::fill_n(mask.begin(), ids.size(), 1);
  const std::int64_t sizes[] = {1, static_cast<std::int64_t>(length)};
  std::vector<Held<OrtValue>> tensors;
  std::vector<const OrtValue*> values;
  std::vector<const char*> names;
  for (const std::string& name : inputs_) {
    std::vector<std::int64_t>& data = name == kIds ? padded : name == kMask ? mask : types;
    OrtValue* value = nullptr;
    ort_.check(api.CreateTensorWithDataAsOrtValue(memory_.get(), data.data(), length * sizeof(std::int64_t), sizes, 2,
                                                  ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, &value),
               failed);
    tensors.push_back(held(value, api.ReleaseValue));
    values.push_back(value);
    names.push_back(name.c_str());
  }
  const char* output = output_.c_str();
  OrtValue* answer = nullptr;
  ort_.check(api.Run(session_.get(), nullptr, names.data(), values.data(), values.size(), &output, 1, &answer), failed);
  const auto freed = held(answer, api.ReleaseValue);
  OrtTensorTypeAndShapeInfo* info = nullptr;
  ort_.check(api.GetTensorTypeAndShape(answer, &info), failed);
  const auto freed_info = held(info, api.ReleaseTensorTypeAndShapeInfo);
  // A graph may declare one shape and answer with another.
  const std::vector<std::int64_t> expected{1, static_cast<std::int64_t>(length), static_cast<std::int64_t>(labels_)};
  if (shape(info) != expected) refuse("answers " + std::to_string(length) + " ids with logits of another shape");
  float* logits = nullptr;
  ort_.check(api.GetTensorMutableData(answer, reinterpret_cast<void**>(&logits)), failed);
  std::vector<float> rows(logits, logits + ids.size() * labels_);
  if (!std::all_of(rows.begin(), rows.end(), [](float logit) { return std::isfinite(logit); })) {
    refuse("its logits are not finite numbers; this model cannot be used");
  }
  return rows;
}

}  // namespace edgener
