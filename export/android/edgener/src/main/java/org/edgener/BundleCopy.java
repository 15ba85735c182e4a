package org.edgener;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bundle out of an app's assets as a folder, for one that cannot be read where it lies. It is copied once for each content: the
 * folder is named by the sha256 of the manifest, which names the sha256 of every other file. A copy gets its name only
 * when it is whole, and each opening verifies it again, so that a copy that went bad is made anew.
 */
final class BundleCopy {
    private static final String SEAL = "manifest.sha256";
    private static final String LOCK = "lock";
    private static final String COPYING = "copying";
    private static final Pattern SEALED = Pattern.compile("([0-9a-f]{64}) {2}manifest\\.json\n");
    /** A lock on a file holds between processes only. */
    private static final Object IN_THIS_PROCESS = new Object();

    private BundleCopy() {}

    /** Opens the copy under {@code root}, made before or now; removes whatever else lies there. */
    static Ner open(BundleSource source, File root, NerOptions options) {
        synchronized (IN_THIS_PROCESS) {
            try {
                if (!root.isDirectory() && !root.mkdirs()) {
                    throw new IOException("no folder can be made there");
                }
                try (RandomAccessFile file = new RandomAccessFile(new File(root, LOCK), "rw");
                        FileLock held = file.getChannel().lock()) {
                    return openLocked(source, root, options);
                }
            } catch (IOException failure) {
                throw new NerException(
                        NerException.Code.UNREADABLE,
                        root + ": the app's bundle cannot be copied there (" + failure.getMessage() + ")");
            }
        }
    }

    /** Removes the copies under {@code root}, which are of no use to a bundle that is read where it lies. */
    static void forget(File root) {
        synchronized (IN_THIS_PROCESS) {
            remove(root);
        }
    }

    private static Ner openLocked(BundleSource source, File root, NerOptions options) throws IOException {
        String digest = digestOf(source);
        File place = new File(root, digest);
        // What other versions of the app left, and copies that were cut short: gone before room is needed for this one.
        for (File other : listOf(root)) {
            if (!other.getName().equals(LOCK) && !other.equals(place)) {
                remove(other);
            }
        }
        if (place.isDirectory()) {
            try {
                return Ner.open(place, options);
            } catch (NerException failure) {
                if (!isDamage(failure.getCode())) {
                    throw failure;
                }
                remove(place);
            }
        }
        File scratch = new File(root, COPYING);
        copy(source, scratch);
        if (!scratch.renameTo(place)) {
            throw new IOException("the copy cannot be renamed");
        }
        return Ner.open(place, options);
    }

    /** Of the bundle in the assets, by its seal. */
    private static String digestOf(BundleSource source) throws IOException {
        byte[] seal = new byte[256];
        int size = 0;
        try (InputStream input = source.open(SEAL)) {
            for (int got; size < seal.length && (got = input.read(seal, size, seal.length - size)) > 0; size += got) {}
        }
        Matcher matcher = SEALED.matcher(new String(seal, 0, size, StandardCharsets.UTF_8));
        if (!matcher.matches()) {
            throw new NerException(NerException.Code.DAMAGED, SEAL + " in the app's assets is not that of a bundle");
        }
        return matcher.group(1);
    }

    private static boolean isDamage(NerException.Code code) {
        return code == NerException.Code.DAMAGED
                || code == NerException.Code.MALFORMED
                || code == NerException.Code.UNREADABLE;
    }

    private static void copy(BundleSource source, File folder) throws IOException {
        if (!folder.mkdir()) {
            throw new IOException("no folder can be made there");
        }
        byte[] buffer = new byte[64 * 1024];
        for (String name : source.names()) {
            try (InputStream input = source.open(name);
                    FileOutputStream output = new FileOutputStream(new File(folder, name))) {
                for (int got; (got = input.read(buffer)) >= 0; ) {
                    output.write(buffer, 0, got);
                }
                output.getFD().sync();
            }
        }
    }

    private static void remove(File file) {
        for (File child : listOf(file)) {
            remove(child);
        }
        file.delete();
    }

    private static File[] listOf(File folder) {
        File[] files = folder.listFiles();
        return files == null ? new File[0] : files;
    }
}
