/*
 * edgener: a verified bundle, text in, named entities out.
 *
 * Every function may be called from any thread. A recogniser (edgener_ner) may be used by several threads at once; it
 * must not be closed while it is in use. There is no global state: recognisers know nothing of each other. No function
 * throws, and none but edgener_open_files keeps a pointer that it was given.
 */
#ifndef EDGENER_H
#define EDGENER_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EDGENER_API
#else
#define EDGENER_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum edgener_status {
  EDGENER_OK = 0,
  EDGENER_BAD_ARGUMENT = 1,  /* a null pointer, an option out of its range, a variant that the bundle lacks */
  EDGENER_UNREADABLE = 2,    /* a file or a folder that is missing or cannot be read */
  EDGENER_DAMAGED = 3,       /* a bundle whose hashes differ, or that was changed while it was loaded */
  EDGENER_MALFORMED = 4,     /* hashes that hold, over something that is no bundle */
  EDGENER_TOO_NEW = 5,       /* a bundle for a later version of this library */
  EDGENER_TOKENIZER = 6,     /* a tokenizer that this version cannot read, or that fails */
  EDGENER_WRONG_MACHINE = 7, /* a bundle that needs what this CPU lacks */
  EDGENER_NO_RUNTIME = 8,    /* no ONNX Runtime, or one that is too old for the bundle */
  EDGENER_RUNTIME = 9,       /* ONNX Runtime cannot load or run the graph */
  EDGENER_NO_MEMORY = 10,
  EDGENER_DIFFERS = 11,      /* edgener_check: a golden sentence is answered otherwise */
  EDGENER_INTERNAL = 12
} edgener_status;

/* What went wrong, in one printable line of UTF-8: what, where, and what to do. */
typedef struct edgener_error {
  edgener_status status;
  char message[508];
} edgener_error;

typedef struct edgener_options {
  uint32_t size;       /* sizeof(edgener_options), so that later versions know what the caller knows */
  int32_t threads;     /* of ONNX Runtime; 0: what the bundle's target suggests, else its own choice */
  double min_score;    /* 0 to 1: entities with a lower score are dropped: more precision */
  double recall_bias;  /* -100 to 100, subtracted from the logit of O: above 0 finds more, and errs more */
  const char* variant; /* another of the bundle's graphs; NULL or "": the first */
  const char* runtime; /* ONNX Runtime's shared library; NULL: $EDGENER_ONNXRUNTIME, else the usual names */
} edgener_options;

/* What an edgener_options starts with. */
#define EDGENER_OPTIONS_INIT {(uint32_t)sizeof(edgener_options), 0, 0.0, 0.0, NULL, NULL}

typedef struct edgener_ner edgener_ner;
typedef struct edgener_result edgener_result;

/*
 * A named entity. Ranges are half-open and of the caller's text, in three units. Where that text is not UTF-8, each
 * broken sequence reads as one U+FFFD: one code point, one UTF-16 unit, and as many bytes as it has (three for an
 * encoded surrogate). The strings belong to the result and end with a zero byte; text is the bytes of the range as they
 * were given, text_bytes of them, for a text may itself hold zero bytes.
 */
typedef struct edgener_entity {
  const char* type;
  const char* text;
  size_t text_bytes;
  size_t start, end;             /* code points */
  size_t start_utf16, end_utf16; /* UTF-16 units: JavaScript, Java, Kotlin, NSString */
  size_t start_utf8, end_utf8;   /* bytes */
  double score;                  /* 0 to 1: the mean, over its words, of the softmax of the chosen label */
} edgener_entity;

/*
 * Verify a bundle (every hash, before anything in it is parsed) and load it. options and error may be NULL. Weights are
 * mapped: the folder's files must stay as they are until edgener_close.
 * ONNX Runtime can report to its makers how it is used: set ORT_DISABLE_TELEMETRY=1 in the environment before the first
 * call, as edgener-cli does. A library does not change its process's environment.
 */
EDGENER_API edgener_status edgener_open(const char* folder, const edgener_options* options, edgener_ner** ner,
                                        edgener_error* error);

/* A file in memory; name: within its bundle, such as "labels.json". */
typedef struct edgener_file {
  const char* name;
  const void* data; /* may be NULL when bytes is 0 */
  size_t bytes;
} edgener_file;

/*
 * The same of a bundle that is in memory, such as files of an app's archive that are mapped; name: what messages call
 * it. It is not copied: weights are used where they lie, but for those that ONNX Runtime arranges otherwise. All the data
 * must stay there, and stay as it is, until edgener_close; names and the array are not needed after the call. Only for
 * bundles in ONNX Runtime's format (made by edgener export --format ort), whose model.ort must start at a multiple of 4.
 */
EDGENER_API edgener_status edgener_open_files(const char* name, const edgener_file* files, size_t count,
                                              const edgener_options* options, edgener_ner** ner, edgener_error* error);

/* Frees a recogniser; NULL is allowed. Results stay valid. */
EDGENER_API void edgener_close(edgener_ner* ner);

/* What is not wrong but should be known of this bundle on this machine: a line each, while `index` is below the count. */
EDGENER_API size_t edgener_warning_count(const edgener_ner* ner);
EDGENER_API const char* edgener_warning(const edgener_ner* ner, size_t index);

/* The entities of a text, in order of their positions. text may be NULL when bytes is 0. */
EDGENER_API edgener_status edgener_tag(const edgener_ner* ner, const char* text, size_t bytes, edgener_result** result,
                                       edgener_error* error);

EDGENER_API size_t edgener_result_count(const edgener_result* result);
/* NULL when there is no such entity. */
EDGENER_API const edgener_entity* edgener_result_entity(const edgener_result* result, size_t index);
EDGENER_API void edgener_result_free(edgener_result* result);

/* Answer the bundle's golden sentences. EDGENER_DIFFERS, with the first that differs, unless all are as stated. */
EDGENER_API edgener_status edgener_check(const edgener_ner* ner, edgener_error* error);

/* Of this library, such as "0.1.0". */
EDGENER_API const char* edgener_version(void);

#ifdef __cplusplus
}
#endif
#endif
