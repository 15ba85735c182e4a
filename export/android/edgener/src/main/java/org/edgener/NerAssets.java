package org.edgener;

import android.content.Context;
import android.content.res.AssetManager;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;

/** Bundles that an app carries in its assets. */
public final class NerAssets {
    private NerAssets() {}

    /** Opens the bundle of assets/bundle, which is where `edgener kit android` puts it. */
    public static Ner open(Context context) {
        return open(context, "bundle", new NerOptions());
    }

    /**
     * Opens a bundle of the assets. The first time for each content it is copied to the app's files that no backup takes
     * ({@link Context#getNoBackupFilesDir}), which takes its size in storage and a moment; earlier copies are removed.
     *
     * @param folder its folder within the assets, such as "bundle" or "models/hausa"
     */
    public static Ner open(Context context, final String folder, NerOptions options) {
        final AssetManager assets = context.getAssets();
        BundleCopy.Source source =
                new BundleCopy.Source() {
                    @Override
                    public String[] names() throws IOException {
                        return assets.list(folder);
                    }

                    @Override
                    public InputStream open(String name) throws IOException {
                        return assets.open(folder + "/" + name, AssetManager.ACCESS_STREAMING);
                    }
                };
        String name = folder.replace("%", "%25").replace("/", "%2F");
        return BundleCopy.open(source, new File(new File(context.getNoBackupFilesDir(), "edgener"), name), options);
    }
}
