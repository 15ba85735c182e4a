package org.edgener;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Where a bundle's files come from: an app's assets, or a folder in the tests. */
interface BundleSource {
    String[] names() throws IOException;

    InputStream open(String name) throws IOException;

    /** The file, mapped; null when it cannot be, such as one that is compressed. */
    ByteBuffer map(String name) throws IOException;
}
