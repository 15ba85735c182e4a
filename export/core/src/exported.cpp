// Pulls the C interface out of the static library into the shared one.
#include "edgener.h"

extern "C" {

// Never called: that it could be is what keeps the others.
__attribute__((visibility("hidden"), used)) const void* const edgener_kept[] = {
    reinterpret_cast<const void*>(edgener_open),          reinterpret_cast<const void*>(edgener_close),
    reinterpret_cast<const void*>(edgener_warning_count), reinterpret_cast<const void*>(edgener_warning),
    reinterpret_cast<const void*>(edgener_tag),           reinterpret_cast<const void*>(edgener_result_count),
    reinterpret_cast<const void*>(edgener_result_entity), reinterpret_cast<const void*>(edgener_result_free),
    reinterpret_cast<const void*>(edgener_check),         reinterpret_cast<const void*>(edgener_version),
};

}  // extern "C"
