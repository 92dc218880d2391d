#include <quipu/version.h>

extern "C" {

const char* quipu_version(void) { return QUIPU_VERSION; }

uint32_t quipu_abi_version(void) { return QUIPU_ABI_VERSION; }

}  // extern "C"
