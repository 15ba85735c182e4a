package org.edgener;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import androidx.test.ext.junit.runners.AndroidJUnit4;
import androidx.test.platform.app.InstrumentationRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;
import org.junit.Test;
import org.junit.runner.RunWith;

/** The golden sentences of the kit's bundle, on a device or an emulator. */
@RunWith(AndroidJUnit4.class)
public final class GoldenVectorsTest {
    private final Context context = InstrumentationRegistry.getInstrumentation().getTargetContext();

    @Test
    public void everyGoldenSentenceIsAnsweredAsStated() throws IOException, JSONException {
        try (Ner ner = NerAssets.open(context)) {
            for (JSONObject golden : golden()) {
                String text = golden.getString("text");
                JSONArray expected = golden.getJSONArray("entities");
                List<Entity> found = ner.tag(text);
                assertEquals(text, expected.length(), found.size());
                for (int at = 0; at < found.size(); at++) {
                    JSONObject entity = expected.getJSONObject(at);
                    assertEquals(text, entity.getString("type"), found.get(at).getType());
                    assertEquals(text, entity.getInt("start_utf16"), found.get(at).getStart());
                    assertEquals(text, entity.getInt("end_utf16"), found.get(at).getEnd());
                    assertEquals(text, entity.getString("text"), found.get(at).getText());
                }
            }
        }
    }

    /** Piece ids, piece positions and tags too, which only the core sees. */
    @Test
    public void theCoreAgrees() {
        try (Ner ner = NerAssets.open(context)) {
            ner.check();
        }
    }

    private List<JSONObject> golden() throws IOException, JSONException {
        List<JSONObject> sentences = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(context.getAssets().open("bundle/golden.jsonl"), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                sentences.add(new JSONObject(line));
            }
        }
        assertTrue("the bundle has golden sentences", !sentences.isEmpty());
        return sentences;
    }
}
