package org.edgener;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import android.content.Context;
import androidx.test.ext.junit.runners.AndroidJUnit4;
import androidx.test.platform.app.InstrumentationRegistry;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.Test;
import org.junit.runner.RunWith;

/** Opening, mapping or copying the assets, closing. */
@RunWith(AndroidJUnit4.class)
public final class LifeTest {
    private static final String TEXT = "Ibrahim ya je Kano \uD83D\uDE00 \uD83D Lagos";
    private final Context context = InstrumentationRegistry.getInstrumentation().getTargetContext();
    private final File copies = new File(context.getNoBackupFilesDir(), "edgener/bundle");

    @Test
    public void positionsAreThoseOfSubstring() {
        try (Ner ner = NerAssets.open(context)) {
            for (Entity entity : ner.tag(TEXT)) {
                assertEquals(TEXT.substring(entity.getStart(), entity.getEnd()), entity.getText());
            }
        }
    }

    @Test
    public void whatIsClosedRefuses() {
        Ner ner = NerAssets.open(context);
        ner.close();
        ner.close();
        assertThrows(IllegalStateException.class, () -> ner.tag(TEXT));
    }

    @Test
    public void aCopyThatWentBadIsMadeAgain() throws IOException {
        assumeTrue("the bundle is one that is copied", !isMapped());
        NerAssets.open(context).close();
        File copy = theCopy();
        try (FileOutputStream output = new FileOutputStream(new File(copy, "labels.json"))) {
            output.write('x');
        }
        assertThrows(NerException.class, () -> Ner.open(copy));
        try (Ner ner = NerAssets.open(context)) {
            ner.check();
        }
    }

    @Test
    public void oneCopyIsLeft() throws IOException {
        assumeTrue("the bundle is one that is copied", !isMapped());
        File old = new File(copies, "old");
        assertTrue(old.isDirectory() || old.mkdirs());
        NerAssets.open(context).close();
        assertTrue(!old.exists());
        assertTrue(theCopy().isDirectory());
    }

    @Test
    public void aBundleInTheRuntimesFormatIsNotCopied() throws IOException {
        assumeTrue("the bundle is one that is mapped", isMapped());
        NerAssets.open(context).close();
        assertTrue(!copies.exists());
    }

    private boolean isMapped() throws IOException {
        return Arrays.asList(context.getAssets().list("bundle")).contains("model.ort");
    }

    private File theCopy() {
        File[] folders = copies.listFiles(File::isDirectory);
        assertEquals(1, folders.length);
        return folders[0];
    }
}
