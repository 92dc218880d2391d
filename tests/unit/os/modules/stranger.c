/* A shared object that is no module. */
int quipu_stranger(void);
int quipu_stranger(void) { return 1; }
