/* Stands in for the native library of another version of the package: it is asked for its ABI version, and refused. */
#include <stdint.h>

uint32_t QuipuCSharp_abi_version(void);
uint32_t QuipuCSharp_abi_version(void) { return 4711; }
