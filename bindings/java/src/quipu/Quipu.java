package quipu;

/** Which library this is. */
public final class Quipu {
    private Quipu() {}

    /**
     * The version of the native library.
     *
     * @return for example "0.1.0"
     * @throws UnsatisfiedLinkError the native library cannot be loaded, or is another version than this package
     */
    public static String version() {
        NativeLoader.require();
        return QuipuNative.libraryVersion();
    }
}
