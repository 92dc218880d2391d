/* A program that loads the installed library at run time, by the name with the major version, and counts what the first
 * consumer wrote. The library stays in the process when it is closed.
 * Usage: loader LIBRARY FOLDER VERSION */
#include <dlfcn.h>
#include <quipu/quipu.h>
#include <stdio.h>
#include <string.h>

/* ISO C knows no conversion of an object pointer into a function pointer; POSIX wants the bits to be the same. */
static void find(void *library, const char *name, void *function, size_t size) {
  void *address = dlsym(library, name);
  memcpy(function, &address, size);
}

int main(int argc, char **argv) {
  const char *(*version)(void) = NULL;
  uint32_t (*abi_version)(void) = NULL;
  quipu_status (*open_store)(const char *, size_t, const quipu_chronostore_options *, quipu_chronostore **,
                             quipu_error **) = NULL;
  quipu_status (*record_count)(quipu_chronostore *, int64_t *, quipu_error **) = NULL;
  void (*free_store)(quipu_chronostore *) = NULL;
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  quipu_chronostore *store = NULL;
  int64_t count = 0;
  void *library;

  if (argc != 4) {
    return 2;
  }
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  find(library, "quipu_version", &version, sizeof version);
  find(library, "quipu_abi_version", &abi_version, sizeof abi_version);
  find(library, "quipu_chronostore_open", &open_store, sizeof open_store);
  find(library, "quipu_chronostore_record_count", &record_count, sizeof record_count);
  find(library, "quipu_chronostore_free", &free_store, sizeof free_store);
  if (version == NULL || abi_version == NULL || open_store == NULL || record_count == NULL || free_store == NULL) {
    fprintf(stderr, "a function is missing: %s\n", dlerror());
    return 1;
  }
  if (strcmp(version(), argv[3]) != 0 || abi_version() != QUIPU_ABI_VERSION) {
    fprintf(stderr, "library %s, ABI %u\n", version(), (unsigned)abi_version());
    return 1;
  }
  options.flags = QUIPU_CHRONOSTORE_READ_ONLY;
  if (open_store(argv[2], strlen(argv[2]), &options, &store, NULL) != QUIPU_OK ||
      record_count(store, &count, NULL) != QUIPU_OK || count != 2) {
    fprintf(stderr, "the store cannot be read, or does not hold the two records written before\n");
    return 1;
  }
  free_store(store);

  dlclose(library);
  if (dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) == NULL) {
    fprintf(stderr, "the library left the process at dlclose; its threads would run into nothing\n");
    return 1;
  }
  return 0;
}
