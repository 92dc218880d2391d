/* A module as os/shared_module.h describes it, with the number of its layout and nothing else. */
#include <stdint.h>

static const uint32_t table[] = {MODULE_ABI};

const void *quipu_module_table(void);
const void *quipu_module_table(void) { return table; }
