// What takes time, off the main thread.
package org.edgener

import android.content.Context
import java.io.File
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.isActive
import kotlinx.coroutines.withContext

/** Opens a bundle of the app's assets: see [NerAssets.open]. */
suspend fun openNer(context: Context, assets: String = "bundle", options: NerOptions = NerOptions()): Ner =
    opening { NerAssets.open(context.applicationContext, assets, options) }

/** Opens the bundle in a folder: see [Ner.open]. */
suspend fun openNer(bundle: File, options: NerOptions = NerOptions()): Ner = opening { Ner.open(bundle, options) }

/** The entities of [text], in order: see [Ner.tag]. An answer that is being computed when it is cancelled is dropped. */
suspend fun Ner.awaitTag(text: String): List<Entity> = withContext(Dispatchers.Default) {
    try {
        tag(text)
    } catch (closed: IllegalStateException) {
        // Who cancels and then closes, as an activity does at its end, did nothing wrong.
        throw if (isActive) closed else CancellationException()
    }
}

// Whoever is cancelled gets no Ner to close, so it is closed here.
private suspend fun opening(open: () -> Ner): Ner {
    var opened: Ner? = null
    try {
        return withContext(Dispatchers.IO) { open().also { opened = it } }
    } catch (cancelled: CancellationException) {
        opened?.close()
        throw cancelled
    }
}
