package quipu;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Reads the packed form of values: docs/formats/packed.md. One call per field, in the order of the description; a field that is
 * not there is the default given. Fields beyond those asked for are passed over.
 */
final class Unpacker {
    private final byte[] bytes;
    private final int known;
    private final int present;
    private byte[][] raw;

    private int field;
    private int fieldEnd; // where the next field starts; beyond the JSON text for a raw one
    private int value; // the present field's payload, from here
    private int valueEnd; // to here

    /** @param known how many fields the reader will ask for */
    Unpacker(byte[] bytes, int known) {
        this(bytes, 0, known);
    }

    private Unpacker(byte[] bytes, int start, int known) {
        expect(bytes[start] == Packer.VERSION, "version " + bytes[start]);
        this.bytes = bytes;
        this.known = known;
        present = Short.toUnsignedInt((short) Packer.SHORT.get(bytes, start + 1));
        fieldEnd = start + 3;
    }

    static <T> List<T> page(byte[] bytes, int known, Function<Unpacker, T> unpack) {
        expect(bytes[0] == Packer.VERSION, "version " + bytes[0]);
        int count = (int) Packer.INT.get(bytes, 1);
        List<T> values = new ArrayList<>(count);
        int position = 5;
        for (int i = 0; i < count; i++) {
            int length = (int) Packer.INT.get(bytes, position);
            values.add(unpack.apply(new Unpacker(bytes, position + 4, known)));
            position += 4 + length;
        }
        return values;
    }

    /** Per field the payload of its raw tag, or null; null as a whole if there was none. After the last field. */
    byte[][] raw() {
        return raw;
    }

    String text(String missing) {
        return enter(Packer.TAG_TEXT) ? string(value, valueEnd) : missing;
    }

    String json(String missing) {
        return enter(Packer.TAG_JSON) ? string(value, valueEnd) : missing;
    }

    long int64(long missing) {
        return enter(Packer.TAG_INT64) ? (long) Packer.LONG.get(bytes, value) : missing;
    }

    double float64(double missing) {
        return enter(Packer.TAG_DOUBLE) ? Double.longBitsToDouble((long) Packer.LONG.get(bytes, value)) : missing;
    }

    boolean bool(boolean missing) {
        return enter(Packer.TAG_BOOL) ? bytes[value] != 0 : missing;
    }

    List<String> texts(List<String> missing) {
        if (!enter(Packer.TAG_TEXTS)) {
            return missing;
        }
        if (value == valueEnd) {
            return List.of();
        }
        List<String> values = new ArrayList<>();
        for (int at = value; at < valueEnd; ) {
            int length = (int) Packer.INT.get(bytes, at);
            values.add(string(at + 4, at + 4 + length));
            at += 4 + length;
        }
        return Collections.unmodifiableList(values);
    }

    private String string(int from, int to) {
        return new String(bytes, from, to - from, UTF_8);
    }

    /** Goes to the next field; false if it is not there. */
    private boolean enter(byte wanted) {
        int index = field++;
        if (index >= present) {
            return false;
        }
        byte tag = open(fieldEnd);
        fieldEnd = valueEnd;
        if (tag == Packer.TAG_RAW) {
            keepRaw(index, value, valueEnd);
            tag = open(value);
        }
        expect(tag == wanted || tag == Packer.TAG_ABSENT, "tag " + tag + " where " + wanted + " is expected");
        return tag == wanted;
    }

    private byte open(int header) {
        value = header + Packer.FIELD_HEADER;
        valueEnd = value + (int) Packer.INT.get(bytes, header + 1);
        return bytes[header];
    }

    private void keepRaw(int index, int from, int to) {
        if (raw == null) {
            raw = new byte[known][];
        }
        raw[index] = Arrays.copyOfRange(bytes, from, to);
    }

    private static void expect(boolean holds, String found) {
        if (!holds) {
            throw new IllegalStateException("the native library and this package do not fit: packed form with " + found);
        }
    }
}
