package quipu;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Text as the native library has it. */
final class Utf8 {
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x80 * ONES;
    private static final long QUESTION_MARKS = '?' * ONES;

    private Utf8() {}

    /** Refuses what UTF-8 cannot hold; String.getBytes would put a question mark in its place. */
    static byte[] encode(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        // Only a text that shows a question mark can have been altered, and most do not.
        if (holdsQuestionMark(bytes)) {
            refuseUnpairedSurrogates(text);
        }
        return bytes;
    }

    /** The same for a text that may be missing. */
    static byte[] encodeOrNull(String text) {
        return text == null ? null : encode(text);
    }

    /** Eight bytes at a time: one that equals becomes zero, and borrows from its highest bit when one is taken off. */
    private static boolean holdsQuestionMark(byte[] bytes) {
        int at = 0;
        for (; at <= bytes.length - 8; at += 8) {
            long word = (long) Packer.LONG.get(bytes, at) ^ QUESTION_MARKS;
            if ((word - ONES & ~word & HIGH_BITS) != 0) {
                return true;
            }
        }
        for (; at < bytes.length; at++) {
            if (bytes[at] == '?') {
                return true;
            }
        }
        return false;
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
