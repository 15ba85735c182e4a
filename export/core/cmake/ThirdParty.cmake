# What the core is built on. An installed library is taken first; else the pinned release is fetched. Offline, unpack
# that release somewhere and give -DFETCHCONTENT_SOURCE_DIR_YYJSON=... or -DFETCHCONTENT_SOURCE_DIR_UTF8PROC=...
include(FetchContent)
if(POLICY CMP0135)
  cmake_policy(SET CMP0135 NEW) # unpacked files are as old as their unpacking
endif()

if(NOT FETCHCONTENT_SOURCE_DIR_YYJSON)
  find_package(yyjson 0.8 CONFIG QUIET)
endif()
if(NOT TARGET yyjson::yyjson)
  FetchContent_Declare(
    yyjson
    URL https://github.com/ibireme/yyjson/archive/refs/tags/0.10.0.tar.gz
    URL_HASH SHA256=0d901cb2c45c5586e3f3a4245e58c2252d6b24bf4b402723f6179523d389b165)
  FetchContent_GetProperties(yyjson)
  if(NOT yyjson_POPULATED)
    FetchContent_Populate(yyjson)
  endif()
  # One file, compiled here, so that this build's flags (sanitizers, position independence) are its flags too.
  add_library(edgener_yyjson STATIC ${yyjson_SOURCE_DIR}/src/yyjson.c)
  target_include_directories(edgener_yyjson SYSTEM PUBLIC ${yyjson_SOURCE_DIR}/src)
  target_compile_definitions(edgener_yyjson PRIVATE YYJSON_DISABLE_WRITER YYJSON_DISABLE_UTILS
                                                    YYJSON_DISABLE_INCR_READER)
  set_target_properties(edgener_yyjson PROPERTIES POSITION_INDEPENDENT_CODE ON)
  add_library(yyjson::yyjson ALIAS edgener_yyjson)
endif()

if(NOT FETCHCONTENT_SOURCE_DIR_UTF8PROC)
  find_path(UTF8PROC_INCLUDE_DIR utf8proc.h)
  find_library(UTF8PROC_LIBRARY NAMES libutf8proc.a utf8proc)
endif()
if(UTF8PROC_INCLUDE_DIR AND UTF8PROC_LIBRARY)
  add_library(edgener_utf8proc INTERFACE)
  target_include_directories(edgener_utf8proc SYSTEM INTERFACE ${UTF8PROC_INCLUDE_DIR})
  target_link_libraries(edgener_utf8proc INTERFACE ${UTF8PROC_LIBRARY})
  if(UTF8PROC_LIBRARY MATCHES "\\.a$")
    target_compile_definitions(edgener_utf8proc INTERFACE UTF8PROC_STATIC)
  endif()
else()
  FetchContent_Declare(
    utf8proc
    URL https://github.com/JuliaStrings/utf8proc/archive/refs/tags/v2.9.0.tar.gz
    URL_HASH SHA256=18c1626e9fc5a2e192311e36b3010bfc698078f692888940f1fa150547abb0c1)
  FetchContent_GetProperties(utf8proc)
  if(NOT utf8proc_POPULATED)
    FetchContent_Populate(utf8proc)
  endif()
  add_library(edgener_utf8proc STATIC ${utf8proc_SOURCE_DIR}/utf8proc.c)
  target_include_directories(edgener_utf8proc SYSTEM PUBLIC ${utf8proc_SOURCE_DIR})
  target_compile_definitions(edgener_utf8proc PUBLIC UTF8PROC_STATIC)
  set_target_properties(edgener_utf8proc PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()

# Only its interface: the library itself is loaded at run time.
find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h PATH_SUFFIXES onnxruntime onnxruntime/core/session)
if(NOT ONNXRUNTIME_INCLUDE_DIR)
  message(FATAL_ERROR "onnxruntime_c_api.h was not found: install ONNX Runtime's headers (libonnxruntime-dev in Debian; "
                      "`headers` in its Android archive), or give -DONNXRUNTIME_INCLUDE_DIR=...")
endif()
