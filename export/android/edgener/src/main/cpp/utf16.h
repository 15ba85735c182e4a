// Between Java's strings and UTF-8. JNI's own functions speak a modified UTF-8 that the core would read otherwise.
#ifndef EDGENER_JNI_UTF16_H
#define EDGENER_JNI_UTF16_H

#include <string>
#include <string_view>

namespace edgener::jni {

// A surrogate without its other half is encoded by itself, in three bytes: the core reads it as U+FFFD and counts it as
// one UTF-16 unit, so that the positions behind it hold in the caller's string.
std::string utf8_of(std::u16string_view text);

// What is not UTF-8 becomes U+FFFD.
std::u16string utf16_of(std::string_view text);

}  // namespace edgener::jni

#endif
