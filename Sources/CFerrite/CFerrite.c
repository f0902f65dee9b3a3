#include "ferrite.h"

const char *ferrite_version(void) { return FERRITE_VERSION; }
