package quipu;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Values in order, read from the store page by page, as of the cursor's creation. For one pass: {@code for (ChronoRecord record :
 * cursor)}, or {@link #hasNext()} and {@link #next()}, or {@link #stream()}, all of which go on where the last one stopped.
 *
 * <p>Close it when it is not read to its end; at the end it closes by itself. Once the store is closed a page that was not yet read
 * is refused with {@link ClosedException}. For one thread at a time.
 *
 * @param <T> what it gives
 */
public abstract class Cursor<T> implements Iterator<T>, Iterable<T>, AutoCloseable {
    // Keeps the store from the Cleaner while only its cursor is in use: for (var r : ChronoStore.open(path).query()). A cursor
    // answers CLOSED once its store is gone.
    Object owner;

    private List<T> page = List.of();
    private int position;
    private boolean ended;

    Cursor() {}

    static <C extends Cursor<?>> C owned(C cursor, Object owner) {
        cursor.owner = owner;
        return cursor;
    }

    /** Up to so many values, 0 for the library's default (1,000); null at the end. */
    abstract List<T> nextPageNative(long maxItems);

    abstract void closeNative();

    /**
     * Whether there is one more; may read a page.
     *
     * @return true if there is
     * @throws ClosedException this cursor, or its store, was closed
     */
    @Override
    public boolean hasNext() {
        return position < page.size() || turnPage();
    }

    /**
     * The next value, which belongs to the caller.
     *
     * @throws NoSuchElementException there is none
     * @throws ClosedException this cursor, or its store, was closed
     */
    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return page.get(position++);
    }

    // Pages and close exclude each other: the native cursor is for one thread at a time, whatever the caller does.
    private synchronized boolean turnPage() {
        while (!ended && position >= page.size()) {
            List<T> next = nextPageNative(0);
            if (next == null) {
                close();
                ended = true;
            } else {
                page = next;
                position = 0;
            }
        }
        return !ended;
    }

    /**
     * This cursor, for the for loop. A second loop goes on where the first one stopped.
     *
     * @return this
     */
    @Override
    public Iterator<T> iterator() {
        return this;
    }

    /**
     * What is left, as a sequential stream. Closing the stream closes the cursor.
     *
     * @return a stream of values
     */
    public Stream<T> stream() {
        int characteristics = Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE;
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(this, characteristics), false)
                .onClose(this::close);
    }

    /** Lets go of what the cursor holds; reading on throws {@link ClosedException}. A second close does nothing. */
    @Override
    public synchronized void close() {
        page = List.of();
        position = 0;
        ended = false;
        closeNative();
    }
}
