/* Stands in for a file that only has the name of the native library. */
int quipu_csharp_something_else(void);
int quipu_csharp_something_else(void) { return 0; }
