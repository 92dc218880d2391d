package quipu;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Cleaner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds and loads the native library, libquipujni.so, which needs libquipu.so.0 beside it or on the system's search path.
 *
 * <p>If the property {@code quipu.library.path} or the environment variable {@code QUIPU_LIBRARY_PATH} names a folder (or the file
 * itself), it is taken from there and from nowhere else. Otherwise the copy inside the jar is used, and if the jar has none for
 * this system, {@code java.library.path}.
 */
final class NativeLoader {
    /** Releases the native side of objects nobody can reach any more. */
    static final Cleaner CLEANER = Cleaner.create();

    static final String PROPERTY = "quipu.library.path";
    static final String VARIABLE = "QUIPU_LIBRARY_PATH";

    private static final String NAME = "quipujni";
    private static final String FILE = System.mapLibraryName(NAME);
    private static final String CORE = "libquipu.so.0";

    private static volatile String failure;

    private NativeLoader() {}

    /**
     * Called first by every method that may be the first to need the library. Where loading has failed before, the virtual machine
     * would only say NoClassDefFoundError; this repeats the reason.
     */
    static void require() {
        String known = failure;
        if (known != null) {
            throw new UnsatisfiedLinkError(known);
        }
    }

    /** Called once, when the class with the native methods is initialised. */
    static void load() {
        try {
            find();
            checkAbi(QuipuNativeJNI.libraryAbiVersion(), QuipuNative.EXPECTED_ABI_VERSION);
        } catch (UnsatisfiedLinkError e) {
            failure = e.getMessage();
            throw e;
        }
    }

    static void checkAbi(long found, long expected) {
        if (found != expected) {
            throw new UnsatisfiedLinkError(
                    "quipu: the native library has ABI " + found + ", this package is made for ABI " + expected
                            + "; use the library and the jar of one version");
        }
    }

    private static void find() {
        String setting = System.getProperty(PROPERTY);
        String origin = "property " + PROPERTY;
        if (setting == null || setting.isEmpty()) {
            setting = System.getenv(VARIABLE);
            origin = "environment variable " + VARIABLE;
        }
        List<String> tried = new ArrayList<>();
        if (setting != null && !setting.isEmpty()) {
            Path path = Path.of(setting).toAbsolutePath();
            if (loadFile(Files.isDirectory(path) ? path.resolve(FILE) : path, origin, tried)) {
                return;
            }
        } else if (loadResource(tried) || loadFromSearchPath(tried)) {
            return;
        }
        throw new UnsatisfiedLinkError(
                "quipu: the native library cannot be loaded. Tried:\n  " + String.join("\n  ", tried)
                        + "\nSet the property " + PROPERTY + " or the environment variable " + VARIABLE
                        + " to the folder that holds " + FILE + " and " + CORE + ".");
    }

    private static boolean loadFile(Path file, String origin, List<String> tried) {
        if (!Files.exists(file)) {
            tried.add(file + " (" + origin + "): no such file");
            return false;
        }
        try {
            System.load(file.toString());
            return true;
        } catch (UnsatisfiedLinkError e) {
            tried.add(file + " (" + origin + "): " + e.getMessage());
            return false;
        }
    }

    private static boolean loadFromSearchPath(List<String> tried) {
        try {
            System.loadLibrary(NAME);
            return true;
        } catch (UnsatisfiedLinkError e) {
            tried.add("java.library.path: " + e.getMessage());
            return false;
        }
    }

    private static boolean loadResource(List<String> tried) {
        String folder = "/natives/" + platform() + "/";
        if (NativeLoader.class.getResource(folder + FILE) == null) {
            tried.add("the jar's " + folder + FILE + ": no such entry");
            return false;
        }
        Path copies = null;
        try {
            copies = Files.createTempDirectory("quipu-");
            copyResource(folder + CORE, copies.resolve(CORE));
            copyResource(folder + FILE, copies.resolve(FILE));
            return loadFile(copies.resolve(FILE), "copied from the jar", tried);
        } catch (IOException e) {
            tried.add("the jar's " + folder + FILE + ": cannot be copied to java.io.tmpdir: " + e);
            return false;
        } finally {
            remove(copies);
        }
    }

    private static void copyResource(String resource, Path file) throws IOException {
        try (InputStream in = NativeLoader.class.getResourceAsStream(resource)) {
            if (in != null) {
                Files.copy(in, file);
            }
        }
    }

    // A loaded file is needed by its name no longer: removed at once, it stays behind after no kind of exit.
    private static void remove(Path copies) {
        if (copies == null) {
            return;
        }
        try {
            Files.deleteIfExists(copies.resolve(FILE));
            Files.deleteIfExists(copies.resolve(CORE));
            Files.delete(copies);
        } catch (IOException e) {
            copies.toFile().deleteOnExit();
        }
    }

    private static String platform() {
        String system = System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT);
        String machine = System.getProperty("os.arch");
        switch (machine) {
            case "amd64":
            case "x86_64":
                machine = "x64";
                break;
            case "aarch64":
                machine = "arm64";
                break;
            default:
                break;
        }
        return system + "-" + machine;
    }
}
