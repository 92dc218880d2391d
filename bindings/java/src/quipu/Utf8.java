package quipu;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Text as the native library has it. */
final class Utf8 {
    private Utf8() {}

    /** Refuses what UTF-8 cannot hold; String.getBytes would put a question mark in its place. */
    static byte[] encode(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        // Only a text that shows a question mark can have been altered, and most do not.
        for (byte one : bytes) {
            if (one == '?') {
                refuseUnpairedSurrogates(text);
                break;
            }
        }
        return bytes;
    }

    static String decode(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    private static void refuseUnpairedSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                    throw new IllegalArgumentException("the text has an unpaired surrogate at index " + i);
                }
                i++;
            }
        }
    }
}
