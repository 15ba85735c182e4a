/* The interface from C: nothing is opened, and everything is freed that is not there. */
#include <string.h>

#include "edgener.h"

int main(void) {
  edgener_options options = EDGENER_OPTIONS_INIT;
  edgener_error error;
  edgener_ner* ner = NULL;
  edgener_result* result = NULL;
  if (edgener_open("/nowhere", &options, &ner, &error) != EDGENER_UNREADABLE || ner) return 1;
  if (error.status != EDGENER_UNREADABLE || !strstr(error.message, "/nowhere")) return 2;
  if (edgener_open(NULL, NULL, &ner, &error) != EDGENER_BAD_ARGUMENT) return 3;
  if (edgener_open("/nowhere", NULL, NULL, NULL) != EDGENER_BAD_ARGUMENT) return 4;
  if (edgener_tag(NULL, "", 0, &result, &error) != EDGENER_BAD_ARGUMENT || result) return 5;
  if (edgener_check(NULL, NULL) != EDGENER_BAD_ARGUMENT) return 6;
  options.size = 3;
  if (edgener_open("/nowhere", &options, &ner, &error) != EDGENER_BAD_ARGUMENT) return 7;
  if (edgener_result_count(NULL) || edgener_result_entity(NULL, 0) || edgener_warning_count(NULL)) return 8;
  if (edgener_warning(NULL, 0)) return 9;
  edgener_result_free(NULL);
  edgener_close(NULL);
  return strlen(edgener_version()) >= 5 ? 0 : 10;
}
