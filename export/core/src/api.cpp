// The C interface: nothing is thrown through it, and no pointer of a caller's is kept but to a bundle in memory.
#include <cstring>
#include <new>

#include "bundle/folder.h"
#include "bundle/in_memory.h"
#include "failure.h"
#include "ner.h"

#ifndef EDGENER_VERSION
#define EDGENER_VERSION "0.1.0"
#endif

struct edgener_ner {
  edgener::Ner inner;
};

struct edgener_result {
  std::vector<edgener::Entity> entities;
  std::vector<edgener_entity> views;
};

namespace {

using edgener::Failure;

edgener_status told(edgener_error* error, edgener_status status, const char* message) {
  if (!error) return status;
  error->status = status;
  std::size_t size = std::strlen(message);
  if (size >= sizeof error->message) {
    size = sizeof error->message - 1;
    while (size > 0 && (message[size] & 0xC0) == 0x80) --size;  // not within a character
  }
  std::memcpy(error->message, message, size);
  error->message[size] = '\0';
  return status;
}

// Runs `work`, and turns whatever it throws into a status and a message.
template <typename Work>
edgener_status guarded(edgener_error* error, Work work) {
  try {
    work();
    return told(error, EDGENER_OK, "");
  } catch (const Failure& failure) {
    return told(error, failure.status, failure.what());
  } catch (const std::bad_alloc&) {
    return told(error, EDGENER_NO_MEMORY, "out of memory");
  } catch (const std::exception& unforeseen) {
    return told(error, EDGENER_INTERNAL, unforeseen.what());
  } catch (...) {
    return told(error, EDGENER_INTERNAL, "something unforeseen was thrown");
  }
}

void require(bool sound, const char* what) {
  if (!sound) throw Failure(EDGENER_BAD_ARGUMENT, what);
}

edgener::Options options_of(const edgener_options* given) {
  edgener::Options options;
  if (!given) return options;
  require(given->size == sizeof(edgener_options), "options.size is not that of edgener_options; use EDGENER_OPTIONS_INIT");
  require(given->threads >= 0 && given->threads <= 1024, "options.threads is not in 0..1024");
  require(given->min_score >= 0 && given->min_score <= 1, "options.min_score is not in 0..1");
  require(given->recall_bias >= -100 && given->recall_bias <= 100, "options.recall_bias is not in -100..100");
  options.threads = given->threads;
  options.min_score = given->min_score;
  options.recall_bias = given->recall_bias;
  if (given->variant) options.variant = given->variant;
  if (given->runtime) options.runtime = given->runtime;
  return options;
}

edgener_entity view_of(const edgener::Entity& entity) {
  return {entity.type.c_str(),   entity.text.c_str(),  entity.text.size(), entity.points.start, entity.points.end,
          entity.utf16.start,    entity.utf16.end,     entity.utf8.start,  entity.utf8.end,     entity.score};
}

}  // namespace

extern "C" {

edgener_status edgener_open(const char* folder, const edgener_options* options, edgener_ner** ner, edgener_error* error) {
  if (ner) *ner = nullptr;
  return guarded(error, [&] {
    require(folder && ner, "edgener_open needs a folder and a place for the recogniser");
    const edgener::Options sound = options_of(options);  // before any file is looked at
    *ner = new edgener_ner{edgener::Ner(std::make_unique<edgener::Folder>(folder), sound)};
  });
}

edgener_status edgener_open_files(const char* name, const edgener_file* files, size_t count,
                                  const edgener_options* options, edgener_ner** ner, edgener_error* error) {
  if (ner) *ner = nullptr;
  return guarded(error, [&] {
    require(name && (files || count == 0) && ner, "edgener_open_files needs a name, files and a place for the recogniser");
    const edgener::Options sound = options_of(options);
    auto held = std::make_unique<edgener::InMemory>(name);
    for (size_t at = 0; at < count; ++at) {
      const edgener_file& file = files[at];
      require(file.name, "edgener_open_files: a file has no name");
      require(file.data || file.bytes == 0, "edgener_open_files: a file has no data");
      held->add(file.name, {static_cast<const char*>(file.data), file.bytes});
    }
    *ner = new edgener_ner{edgener::Ner(std::move(held), sound)};
  });
}

void edgener_close(edgener_ner* ner) { delete ner; }

size_t edgener_warning_count(const edgener_ner* ner) { return ner ? ner->inner.warnings().size() : 0; }

const char* edgener_warning(const edgener_ner* ner, size_t index) {
  return index < edgener_warning_count(ner) ? ner->inner.warnings()[index].c_str() : nullptr;
}

edgener_status edgener_tag(const edgener_ner* ner, const char* text, size_t bytes, edgener_result** result,
                           edgener_error* error) {
  if (result) *result = nullptr;
  return guarded(error, [&] {
    require(ner && result && (text || bytes == 0), "edgener_tag needs a recogniser, a text and a place for the result");
    auto found = std::make_unique<edgener_result>();
    found->entities = ner->inner.tag(text ? std::string_view(text, bytes) : std::string_view());
    for (const edgener::Entity& entity : found->entities) found->views.push_back(view_of(entity));
    *result = found.release();
  });
}

size_t edgener_result_count(const edgener_result* result) { return result ? result->views.size() : 0; }

const edgener_entity* edgener_result_entity(const edgener_result* result, size_t index) {
  return index < edgener_result_count(result) ? &result->views[index] : nullptr;
}

void edgener_result_free(edgener_result* result) { delete result; }

edgener_status edgener_check(const edgener_ner* ner, edgener_error* error) {
  return guarded(error, [&] {
    require(ner, "edgener_check needs a recogniser");
    const std::string difference = edgener::golden_difference(ner->inner);
    if (!difference.empty()) throw Failure(EDGENER_DIFFERS, difference);
  });
}

const char* edgener_version(void) { return EDGENER_VERSION; }

}  // extern "C"
