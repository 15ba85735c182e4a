package org.edgener;

import java.nio.ByteBuffer;

/** What libedgener_jni.so holds; its names are kept by consumer-rules.pro. Only {@link Ner} calls it. */
final class Native {
    static {
        System.loadLibrary("edgener_jni");
    }

    private Native() {}

    /** A handle that is not 0; threads, minScore and recallBias are checked there. Null strings stand for none. */
    static native long open(
            String folder, int threads, double minScore, double recallBias, String variant, String runtime);

    /** The same of files in memory: direct buffers, whole, which must stay there until the handle is closed. */
    static native long openFiles(
            String name,
            String[] names,
            ByteBuffer[] data,
            int threads,
            double minScore,
            double recallBias,
            String variant,
            String runtime);

    /** Once for each handle, when nothing uses it any more. */
    static native void close(long handle);

    /** String[] types, int[] start and end of each in UTF-16 units, double[] scores. */
    static native Object[] tag(long handle, String text);

    static native void check(long handle);

    static native String[] warnings(long handle);

    static native String version();
}
