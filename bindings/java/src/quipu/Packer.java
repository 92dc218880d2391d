package quipu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;

/** Writes the packed form of values: docs/formats/packed.md. */
final class Packer {
    static final byte VERSION = 1;

    static final byte TAG_ABSENT = 0;
    static final byte TAG_TEXT = 1;
    static final byte TAG_INT64 = 2;
    static final byte TAG_DOUBLE = 3;
    static final byte TAG_BOOL = 4;
    static final byte TAG_JSON = 5;
    static final byte TAG_TEXTS = 6;
    static final byte TAG_RAW = 7;

    /** Tag and length, before each payload. */
    static final int FIELD_HEADER = 5;

    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = new byte[512];
    private int size;
    private byte[][] raw;
    private int field;

    static <T> byte[] page(Collection<T> values, BiConsumer<T, Packer> pack) {
        Packer packer = new Packer();
        packer.room(5);
        packer.bytes[0] = VERSION;
        packer.size = 5;
        int count = 0;
        for (T value : values) {
            int start = packer.size;
            packer.room(4);
            packer.size += 4;
            pack.accept(value, packer);
            INT.set(packer.bytes, start, packer.size - start - 4);
            count++;
        }
        INT.set(packer.bytes, 1, count);
        return packer.bytes();
    }

    byte[] bytes() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    /**
     * Starts a value.
     *
     * @param raw per field the payload of the raw tag that it was read with, or null; null as a whole if there is none
     */
    void begin(int fields, byte[][] raw) {
        room(3);
        bytes[size] = VERSION;
        SHORT.set(bytes, size + 1, (short) fields);
        size += 3;
        this.raw = raw;
        field = 0;
    }

    void text(String value) {
        text(TAG_TEXT, value);
    }

    void json(String value) {
        text(TAG_JSON, value);
    }

    private void text(byte tag, String value) {
        byte[] utf8 = Utf8.encode(value);
        int start = header(tag, utf8.length);
        System.arraycopy(utf8, 0, bytes, size, utf8.length);
        size += utf8.length;
        finish(start);
    }

    void int64(long value) {
        int start = header(TAG_INT64, 8);
        LONG.set(bytes, size, value);
        size += 8;
        finish(start);
    }

    void float64(double value) {
        int start = header(TAG_DOUBLE, 8);
        LONG.set(bytes, size, Double.doubleToRawLongBits(value));
        size += 8;
        finish(start);
    }

    void bool(boolean value) {
        int start = header(TAG_BOOL, 1);
        bytes[size++] = (byte) (value ? 1 : 0);
        finish(start);
    }

    void texts(List<String> values) {
        int start = header(TAG_TEXTS, 0);
        for (String value : values) {
            byte[] utf8 = Utf8.encode(value);
            room(4L + utf8.length);
            INT.set(bytes, size, utf8.length);
            System.arraycopy(utf8, 0, bytes, size + 4, utf8.length);
            size += 4 + utf8.length;
        }
        INT.set(bytes, start + 1, size - start - FIELD_HEADER);
        finish(start);
    }

    private int header(byte tag, int length) {
        room((long) FIELD_HEADER + length);
        int start = size;
        bytes[start] = tag;
        INT.set(bytes, start + 1, length);
        size = start + FIELD_HEADER;
        return start;
    }

    /** A field that still equals the view it was read with goes back as it came, with the exact value of the file. */
    private void finish(int start) {
        byte[] came = raw == null ? null : raw[field];
        field++;
        if (came == null) {
            return;
        }
        int length = size - start;
        if (came.length >= length && Arrays.equals(came, 0, length, bytes, start, size)) {
            size = start;
            header(TAG_RAW, came.length);
            System.arraycopy(came, 0, bytes, size, came.length);
            size += came.length;
        }
    }

    private void room(long more) {
        long needed = size + more;
        if (needed > bytes.length) {
            if (needed > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException("the value or the batch has more than 2 GiB");
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(needed, 2L * bytes.length), Integer.MAX_VALUE - 8));
        }
    }
}
