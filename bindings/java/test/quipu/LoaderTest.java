package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading fails once per virtual machine, so each case has one of its own. */
class LoaderTest {
    @TempDir
    Path folder;

    private String preload;

    /** Asks twice: the second answer must be as clear as the first. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            for (int i = 0; i < 2; i++) {
                try {
                    System.out.println("version " + Quipu.version());
                } catch (LinkageError e) {
                    System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
                }
            }
        }
    }

    private String run(List<String> options, String variable) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                Path.of(NativeLoader.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                        + ":"
                        + Path.of(LoaderTest.class.getProtectionDomain().getCodeSource().getLocation().toURI())));
        command.addAll(options);
        command.add(Program.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove(NativeLoader.VARIABLE);
        if (variable != null) {
            builder.environment().put(NativeLoader.VARIABLE, variable);
        }
        if (preload != null) {
            builder.environment().put("LD_PRELOAD", preload);
        }
        Path output = folder.resolve("output");
        Process process = builder.redirectOutput(output.toFile()).start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return Files.readString(output);
    }

    private static String buildTree() {
        return System.getProperty(NativeLoader.PROPERTY);
    }

    private static long count(String text, String part) {
        return text.lines().filter(line -> line.contains(part)).count();
    }

    @Test
    void thePropertyAndTheVariableNameTheFolderOrTheFile() throws Exception {
        assertEquals(2, count(run(List.of("-D" + NativeLoader.PROPERTY + "=" + buildTree()), null), "version "));
        assertEquals(2, count(run(List.of(), buildTree()), "version "));
        assertEquals(2, count(run(List.of(), buildTree() + "/libquipujni.so"), "version "));
    }

    @Test
    void aMissingLibraryIsExplained() throws Exception {
        String set = run(List.of("-D" + NativeLoader.PROPERTY + "=" + folder), "/not looked at");
        assertEquals(2, count(set, "UnsatisfiedLinkError: quipu: the native library cannot be loaded"), set);
        assertEquals(2, count(set, folder + "/libquipujni.so (property quipu.library.path): no such file"), set);

        String unset = run(List.of("-Djava.library.path=" + folder), null);
        assertEquals(2, count(unset, "the jar's /natives/"), unset);
        assertEquals(2, count(unset, "java.library.path: "), unset);
        assertEquals(2, count(unset, "Set the property quipu.library.path or the environment variable"), unset);
    }

    @Test
    void aFileThatIsNoLibraryIsExplained() throws Exception {
        Path file = Files.writeString(folder.resolve("libquipujni.so"), "not a library");
        String said = run(List.of("-D" + NativeLoader.PROPERTY + "=" + folder), null);
        assertEquals(2, count(said, "UnsatisfiedLinkError"), said);
        assertTrue(said.contains(file.toString()), said);
        assertTrue(said.contains("file too short") || said.contains("invalid ELF header"), said);
    }

    @Test
    void anotherAbiIsRefusedWithBothNumbers() throws Exception {
        NativeLoader.checkAbi(QuipuNative.libraryAbiVersion(), QuipuNative.EXPECTED_ABI_VERSION);
        UnsatisfiedLinkError e = assertThrows(UnsatisfiedLinkError.class, () -> NativeLoader.checkAbi(4242, 7));
        assertTrue(e.getMessage().contains("4242") && e.getMessage().contains("7"), e.getMessage());
        // The whole way, with a function in front of the library's.
        preload = System.getProperty("quipu.test.otherAbi");
        String said = run(List.of("-D" + NativeLoader.PROPERTY + "=" + buildTree()), null);
        assertEquals(2, count(said, "has ABI 4242, this package is made for ABI " + QuipuNative.EXPECTED_ABI_VERSION), said);
    }
}
