package org.edgener;

import android.content.Context;
import android.content.res.AssetFileDescriptor;
import android.content.res.AssetManager;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Map;

/** Bundles that an app carries in its assets. */
public final class NerAssets {
    private NerAssets() {}

    /** Opens the bundle of assets/bundle, which is where `edgener kit android` puts it. */
    public static Ner open(Context context) {
        return open(context, "bundle", new NerOptions());
    }

    /**
     * Opens a bundle of the assets. One in ONNX Runtime's format whose model.ort the app stores without compression is
     * mapped where it lies. Any other is copied, the first time for each content, to the app's files that no backup
     * takes ({@link Context#getNoBackupFilesDir}), which takes its size in storage and a moment; earlier copies are
     * removed.
     *
     * @param folder its folder within the assets, such as "bundle" or "models/hausa"
     */
    public static Ner open(Context context, String folder, NerOptions options) {
        String name = folder.replace("%", "%25").replace("/", "%2F");
        File copies = new File(new File(context.getNoBackupFilesDir(), "edgener"), name);
        return open(new Assets(context.getAssets(), folder), "assets/" + folder, copies, options);
    }

    /** For {@link #open(Context, String, NerOptions)}, and for tests without Android. */
    static Ner open(BundleSource source, String name, File copies, NerOptions options) {
        Map<String, ByteBuffer> files;
        try {
            files = BundleInPlace.files(source);
        } catch (IOException failure) {
            throw new NerException(
                    NerException.Code.UNREADABLE, name + ": cannot be read (" + failure.getMessage() + ")");
        }
        if (files == null) {
            return BundleCopy.open(source, copies, options);
        }
        BundleCopy.forget(copies);
        return Ner.open(name, files, options);
    }

    private static final class Assets implements BundleSource {
        private final AssetManager assets;
        private final String folder;

        Assets(AssetManager assets, String folder) {
            this.assets = assets;
            this.folder = folder;
        }

        @Override
        public String[] names() throws IOException {
            return assets.list(folder);
        }

        @Override
        public InputStream open(String name) throws IOException {
            return assets.open(folder + "/" + name, AssetManager.ACCESS_STREAMING);
        }

        @Override
        public ByteBuffer map(String name) throws IOException {
            try (AssetFileDescriptor place = assets.openFd(folder + "/" + name);
                    FileInputStream archive = new FileInputStream(place.getFileDescriptor())) {
                if (place.getStartOffset() % 4 != 0) { // zipalign has not been here
                    return null;
                }
                return archive.getChannel()
                        .map(FileChannel.MapMode.READ_ONLY, place.getStartOffset(), place.getLength());
            } catch (FileNotFoundException compressed) {
                return null;
            }
        }
    }
}
