/** State for AI agents: one store, many processes, many languages, one chain. */
module quipu {
    exports quipu;
}
