// What org.edgener.Native declares, over the C interface of the core. Nothing is thrown through JNI: whatever goes
// wrong becomes a pending Java exception. Arguments that Java has checked (no null, an open handle) are not checked again.
#include <jni.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "edgener.h"
#include "utf16.h"

namespace {

using edgener::jni::utf16_of;
using edgener::jni::utf8_of;

constexpr const char* kNative = "org/edgener/Native";
constexpr const char* kException = "org/edgener/NerException";

// Found when the library is loaded: later, a thread of native code would look in the wrong class loader.
jclass exception_class;
jmethodID exception_constructor;
jclass string_class;
jclass object_class;

// There is a pending Java exception already; what is left is to return.
struct Pending {};

template <typename Reference>
class Local {
 public:
  Local(JNIEnv* env, Reference reference) : env_(env), reference_(reference) {
    if (!reference) throw Pending();
  }
  ~Local() { env_->DeleteLocalRef(reference_); }
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  Reference get() const { return reference_; }

 private:
  JNIEnv* env_;
  Reference reference_;
};

jstring string_of(JNIEnv* env, std::string_view text) {
  const std::u16string units = utf16_of(text);
  return env->NewString(reinterpret_cast<const jchar*>(units.data()), static_cast<jsize>(units.size()));
}

std::string bytes_of(JNIEnv* env, jstring text) {
  if (!text) return "";
  std::u16string units(static_cast<std::size_t>(env->GetStringLength(text)), u'\0');
  env->GetStringRegion(text, 0, static_cast<jsize>(units.size()), reinterpret_cast<jchar*>(units.data()));
  return utf8_of(units);
}

void raise(JNIEnv* env, edgener_status status, std::string_view message) {
  const Local<jstring> text(env, string_of(env, message));
  const Local<jobject> exception(
      env, env->NewObject(exception_class, exception_constructor, static_cast<jint>(status), text.get()));
  env->Throw(static_cast<jthrowable>(exception.get()));
}

void check(JNIEnv* env, edgener_status status, const edgener_error& error) {
  if (status == EDGENER_OK) return;
  raise(env, status, error.message);
  throw Pending();
}

void check(JNIEnv* env) {
  if (env->ExceptionCheck()) throw Pending();
}

// Runs `work`; when it throws, Java has an exception and gets `otherwise`.
template <typename Answer, typename Work>
Answer guarded(JNIEnv* env, Answer otherwise, Work work) noexcept {
  try {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      raise(env, EDGENER_NO_MEMORY, "out of memory");
    } catch (const std::exception& unforeseen) {
      raise(env, EDGENER_INTERNAL, unforeseen.what());
    }
  } catch (...) {  // Pending, or no memory for the exception itself
  }
  return otherwise;
}

// What Java has a handle of. held: a global reference to the buffers that the recogniser reads, or null. Java's own
// reference to them would not do: R8 removes a field that is never read.
struct Opened {
  edgener_ner* ner;
  jobject held;
};

const edgener_ner* ner_of(jlong handle) { return reinterpret_cast<const Opened*>(handle)->ner; }

jlong handle_of(JNIEnv* env, edgener_ner* ner, jobject buffers) {
  std::unique_ptr<edgener_ner, void (*)(edgener_ner*)> owned(ner, edgener_close);
  auto opened = std::make_unique<Opened>(Opened{ner, nullptr});
  if (buffers && !(opened->held = env->NewGlobalRef(buffers))) throw std::bad_alloc();
  owned.release();
  return reinterpret_cast<jlong>(opened.release());
}

// What Java gives for an edgener_options, with the memory that it points into.
struct Options {
  std::string variant, runtime;
  edgener_options inner = EDGENER_OPTIONS_INIT;

  Options(JNIEnv* env, jint threads, jdouble min_score, jdouble recall_bias, jstring graph, jstring library)
      : variant(bytes_of(env, graph)), runtime(bytes_of(env, library)) {
    inner.threads = threads;
    inner.min_score = min_score;
    inner.recall_bias = recall_bias;
    inner.variant = variant.c_str();
    inner.runtime = runtime.empty() ? nullptr : runtime.c_str();
  }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
};

jlong open_ner(JNIEnv* env, jclass, jstring folder, jint threads, jdouble min_score, jdouble recall_bias,
               jstring variant, jstring runtime) {
  return guarded(env, jlong{0}, [&] {
    const std::string path = bytes_of(env, folder);
    const Options options(env, threads, min_score, recall_bias, variant, runtime);
    edgener_ner* ner = nullptr;
    edgener_error error;
    check(env, edgener_open(path.c_str(), &options.inner, &ner, &error), error);
    return handle_of(env, ner, nullptr);
  });
}

// data: direct buffers, the whole of each; they are held until the handle is closed.
jlong open_files(JNIEnv* env, jclass, jstring name, jobjectArray names, jobjectArray data, jint threads,
                 jdouble min_score, jdouble recall_bias, jstring variant, jstring runtime) {
  return guarded(env, jlong{0}, [&] {
    const std::string shown = bytes_of(env, name);
    const jsize count = env->GetArrayLength(names);
    std::vector<std::string> kept(static_cast<std::size_t>(count));
    std::vector<edgener_file> files;
    for (jsize at = 0; at < count; ++at) {
      const Local<jstring> one(env, static_cast<jstring>(env->GetObjectArrayElement(names, at)));
      const Local<jobject> buffer(env, env->GetObjectArrayElement(data, at));
      std::string& bytes = kept[static_cast<std::size_t>(at)] = bytes_of(env, one.get());
      const auto size = static_cast<std::size_t>(env->GetDirectBufferCapacity(buffer.get()));
      files.push_back({bytes.c_str(), env->GetDirectBufferAddress(buffer.get()), size});
    }
    const Options options(env, threads, min_score, recall_bias, variant, runtime);
    edgener_ner* ner = nullptr;
    edgener_error error;
    check(env, edgener_open_files(shown.c_str(), files.data(), files.size(), &options.inner, &ner, &error), error);
    return handle_of(env, ner, data);
  });
}

void close_ner(JNIEnv* env, jclass, jlong handle) {
  const std::unique_ptr<Opened> opened(reinterpret_cast<Opened*>(handle));
  edgener_close(opened->ner);
  if (opened->held) env->DeleteGlobalRef(opened->held);
}

// {String[] types, int[] start and end of each in UTF-16 units, double[] scores}. Plain arrays, so that no class of
// Java's has to keep its name for this; the texts are cut out of the caller's string over there.
jobjectArray tag(JNIEnv* env, jclass, jlong handle, jstring text) {
  return guarded(env, jobjectArray{nullptr}, [&] {
    const std::string bytes = bytes_of(env, text);
    edgener_result* found = nullptr;
    edgener_error error;
    check(env, edgener_tag(ner_of(handle), bytes.data(), bytes.size(), &found, &error), error);
    const std::unique_ptr<edgener_result, void (*)(edgener_result*)> result(found, edgener_result_free);
    const jsize count = static_cast<jsize>(edgener_result_count(found));
    const Local<jobjectArray> types(env, env->NewObjectArray(count, string_class, nullptr));
    std::vector<jint> places;
    std::vector<jdouble> scores;
    for (jsize at = 0; at < count; ++at) {
      const edgener_entity* entity = edgener_result_entity(found, static_cast<std::size_t>(at));
      const Local<jstring> type(env, string_of(env, entity->type));
      env->SetObjectArrayElement(types.get(), at, type.get());
      check(env);
      places.push_back(static_cast<jint>(entity->start_utf16));
      places.push_back(static_cast<jint>(entity->end_utf16));
      scores.push_back(entity->score);
    }
    const Local<jintArray> ends(env, env->NewIntArray(2 * count));
    env->SetIntArrayRegion(ends.get(), 0, 2 * count, places.data());
    const Local<jdoubleArray> sure(env, env->NewDoubleArray(count));
    env->SetDoubleArrayRegion(sure.get(), 0, count, scores.data());
    const jobjectArray all = env->NewObjectArray(3, object_class, nullptr);
    if (!all) throw Pending();
    env->SetObjectArrayElement(all, 0, types.get());
    env->SetObjectArrayElement(all, 1, ends.get());
    env->SetObjectArrayElement(all, 2, sure.get());
    return all;
  });
}

void check_ner(JNIEnv* env, jclass, jlong handle) {
  guarded(env, 0, [&] {
    edgener_error error;
    check(env, edgener_check(ner_of(handle), &error), error);
    return 0;
  });
}

jobjectArray warnings(JNIEnv* env, jclass, jlong handle) {
  return guarded(env, jobjectArray{nullptr}, [&] {
    const jsize count = static_cast<jsize>(edgener_warning_count(ner_of(handle)));
    const jobjectArray lines = env->NewObjectArray(count, string_class, nullptr);
    if (!lines) throw Pending();
    for (jsize at = 0; at < count; ++at) {
      const Local<jstring> line(env, string_of(env, edgener_warning(ner_of(handle), static_cast<std::size_t>(at))));
      env->SetObjectArrayElement(lines, at, line.get());
    }
    return lines;
  });
}

jstring version(JNIEnv* env, jclass) {
  return guarded(env, jstring{nullptr}, [&] { return string_of(env, edgener_version()); });
}

template <typename Function>
JNINativeMethod method(const char* name, const char* signature, Function function) {
  return {const_cast<char*>(name), const_cast<char*>(signature), reinterpret_cast<void*>(function)};
}

jclass global_class(JNIEnv* env, const char* name) {
  const Local<jclass> found(env, env->FindClass(name));
  const auto kept = static_cast<jclass>(env->NewGlobalRef(found.get()));
  if (!kept) throw Pending();
  return kept;
}

bool load(JNIEnv* env) {
  exception_class = global_class(env, kException);
  string_class = global_class(env, "java/lang/String");
  object_class = global_class(env, "java/lang/Object");
  exception_constructor = env->GetMethodID(exception_class, "<init>", "(ILjava/lang/String;)V");
  if (!exception_constructor) throw Pending();
  const JNINativeMethod methods[] = {
      method("open", "(Ljava/lang/String;IDDLjava/lang/String;Ljava/lang/String;)J", open_ner),
      method("openFiles",
             "(Ljava/lang/String;[Ljava/lang/String;[Ljava/nio/ByteBuffer;IDDLjava/lang/String;Ljava/lang/String;)J",
             open_files),
      method("close", "(J)V", close_ner),
      method("tag", "(JLjava/lang/String;)[Ljava/lang/Object;", tag),
      method("check", "(J)V", check_ner),
      method("warnings", "(J)[Ljava/lang/String;", warnings),
      method("version", "()Ljava/lang/String;", version),
  };
  const Local<jclass> native(env, env->FindClass(kNative));
  return env->RegisterNatives(native.get(), methods, sizeof methods / sizeof *methods) == JNI_OK;
}

}  // namespace

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* machine, void*) {
  JNIEnv* env = nullptr;
  if (machine->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_6) != JNI_OK) return JNI_ERR;
  // ONNX Runtime reports its use from 1.29 on, unless it finds this when it starts, which is later than here.
  setenv("ORT_DISABLE_TELEMETRY", "1", 0);
  return guarded(env, false, [&] { return load(env); }) ? JNI_VERSION_1_6 : JNI_ERR;
}
