package org.edgener;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The files of a bundle in ONNX Runtime's format, whose network is mapped where it lies in the app. */
final class BundleInPlace {
    private static final String MODEL = "model.ort";

    private BundleInPlace() {}

    /** For {@link Ner#open(String, Map, NerOptions)}; null when the bundle has another format or cannot be mapped. */
    static Map<String, ByteBuffer> files(BundleSource source) throws IOException {
        String[] names = source.names();
        if (names == null || !Arrays.asList(names).contains(MODEL)) {
            return null;
        }
        Map<String, ByteBuffer> files = new HashMap<>();
        files.put(MODEL, source.map(MODEL));
        if (files.get(MODEL) == null) {
            return null;
        }
        for (String name : names) {
            if (!name.equals(MODEL)) {
                files.put(name, read(source, name));
            }
        }
        return files;
    }

    /** Read twice, once to count it, for these bytes are large and on a phone's heap. */
    private static ByteBuffer read(BundleSource source, String name) throws IOException {
        byte[] part = new byte[64 * 1024];
        int size = 0;
        try (InputStream input = source.open(name)) {
            for (int got; (got = input.read(part)) >= 0; size += got) {}
        }
        ByteBuffer data = ByteBuffer.allocateDirect(size);
        ByteBuffer rest = data.duplicate();
        try (InputStream input = source.open(name)) {
            for (int got; (got = input.read(part)) >= 0; ) {
                rest.put(part, 0, got);
            }
        }
        return data;
    }
}
