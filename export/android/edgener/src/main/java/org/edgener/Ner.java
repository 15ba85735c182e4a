package org.edgener;

import java.io.File;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Finds named entities in text with one bundle. Any thread may use it, several at once; {@link #close} may come at any
 * time. Opening reads and hashes the whole bundle and answering computes: neither belongs on the main thread (in Kotlin,
 * {@code openNer} and {@code awaitTag} see to that).
 */
public final class Ner implements AutoCloseable {
    private final Object lock = new Object();
    /** Of the native side; 0 once it was freed, which happens when this is closed and no call is under way. */
    private long handle;
    private int calls;
    private boolean closed;

    private Ner(long handle) {
        this.handle = handle;
    }

    /** Verifies every hash of a bundle's folder and loads it. {@link NerException} when it is unsound or unfit. */
    public static Ner open(File bundle) {
        return open(bundle, new NerOptions());
    }

    public static Ner open(File bundle, NerOptions options) {
        String path = bundle.getPath();
        refuseZeros("the path of a bundle", path, options);
        long handle =
                Native.open(
                        path, options.threads, options.minScore, options.recallBias, options.variant, options.runtime);
        return new Ner(handle);
    }

    /**
     * Opens a bundle in ONNX Runtime's format ({@code edgener export --format ort}) that is in memory, such as mapped
     * files. It is not copied: the weights are used where they lie, and what is in the buffers must stay as it is.
     *
     * @param name what messages call it
     * @param files direct buffers, from position to limit, by the names of the bundle's files; the Ner holds them
     */
    public static Ner open(String name, Map<String, ByteBuffer> files, NerOptions options) {
        refuseZeros("the name of a bundle", Objects.requireNonNull(name, "name"), options);
        String[] names = files.keySet().toArray(new String[0]);
        ByteBuffer[] data = new ByteBuffer[names.length];
        for (int at = 0; at < names.length; at++) {
            refuseZero("the name of a file", Objects.requireNonNull(names[at], "the name of a file"));
            data[at] = Objects.requireNonNull(files.get(names[at]), names[at]).slice();
            if (!data[at].isDirect()) {
                throw new NerException(
                        NerException.Code.BAD_ARGUMENT,
                        name + "/" + names[at] + ": not a direct buffer; map the file, or use ByteBuffer.allocateDirect");
            }
        }
        long handle =
                Native.openFiles(
                        name,
                        names,
                        data,
                        options.threads,
                        options.minScore,
                        options.recallBias,
                        options.variant,
                        options.runtime);
        return new Ner(handle);
    }

    /** The entities of a text, in order. {@link IllegalStateException} when this was closed. */
    public List<Entity> tag(String text) {
        Objects.requireNonNull(text, "text");
        Object[] found;
        long used = enter();
        try {
            found = Native.tag(used, text);
        } finally {
            leave();
        }
        String[] types = (String[]) found[0];
        int[] places = (int[]) found[1];
        double[] scores = (double[]) found[2];
        List<Entity> entities = new ArrayList<>(types.length);
        for (int at = 0; at < types.length; at++) {
            int start = places[2 * at];
            int end = places[2 * at + 1];
            entities.add(new Entity(types[at], text.substring(start, end), start, end, scores[at]));
        }
        return Collections.unmodifiableList(entities);
    }

    /** Answers the bundle's golden sentences; {@link NerException} with the first that is answered otherwise. */
    public void check() {
        long used = enter();
        try {
            Native.check(used);
        } finally {
            leave();
        }
    }

    /** What is not wrong but should be known of this bundle on this device. */
    public List<String> warnings() {
        long used = enter();
        try {
            return Collections.unmodifiableList(Arrays.asList(Native.warnings(used)));
        } finally {
            leave();
        }
    }

    /** Of the core, such as 0.1.0. */
    public static String version() {
        return Native.version();
    }

    /** Frees the bundle's memory, at the end of calls that are under way; does not wait for them. May come twice. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            freeWhenUnused();
        }
    }

    private long enter() {
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException("this Ner is closed");
            }
            calls++;
            return handle;
        }
    }

    private void leave() {
        synchronized (lock) {
            calls--;
            freeWhenUnused();
        }
    }

    private void freeWhenUnused() {
        if (closed && calls == 0 && handle != 0) {
            Native.close(handle);
            handle = 0;
        }
    }

    /** Native code would read these only as far as the zero. */
    private static void refuseZeros(String what, String value, NerOptions options) {
        refuseZero(what, value);
        refuseZero("options.variant", options.variant);
        refuseZero("options.runtime", options.runtime);
    }

    private static void refuseZero(String what, String value) {
        if (value != null && value.indexOf('\0') >= 0) {
            throw new NerException(NerException.Code.BAD_ARGUMENT, what + " holds a zero character");
        }
    }
}
