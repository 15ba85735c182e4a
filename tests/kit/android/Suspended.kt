// The suspend functions on a computer's JVM, as tests/kit/test_kit_android.py asks: Suspended BUNDLE.
package org.edgener

import java.io.File
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

private const val TEXT = "Ibrahim Musa ya je Kano ."

fun main(arguments: Array<String>) = runBlocking {
    val bundle = File(arguments[0])
    val ner = openNer(bundle)
    println(ner.awaitTag(TEXT).joinToString("; "))
    // Cancelled and then closed while answers are under way: nothing but the cancellation comes out.
    repeat(20) { round ->
        val other = openNer(bundle, NerOptions().threads(1))
        val jobs = List(4) {
            GlobalScope.launch {
                try {
                    while (true) other.awaitTag(TEXT)
                } catch (cancelled: CancellationException) {
                    throw cancelled
                } catch (failure: Throwable) {
                    println("failed: $failure")
                }
            }
        }
        delay(round.toLong())
        jobs.forEach { it.cancel() }
        other.close()
        jobs.forEach { it.join() }
    }
    ner.close()
    try {
        withContext(Dispatchers.Default) { ner.awaitTag(TEXT) }
        println("answered when it was closed")
    } catch (closed: IllegalStateException) {
        println(closed.message)
    }
    try {
        openNer(File(bundle, "nowhere"))
        println("opened nothing")
    } catch (failure: NerException) {
        println(failure.code)
    }
}
