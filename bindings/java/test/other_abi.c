/* Preloaded by LoaderTest: makes any library claim another ABI. */
#include <quipu/version.h>

uint32_t quipu_abi_version(void) { return 4242; }
