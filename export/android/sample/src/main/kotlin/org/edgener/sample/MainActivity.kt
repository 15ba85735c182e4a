package org.edgener.sample

import android.app.Activity
import android.os.Bundle
import android.os.SystemClock
import android.text.Editable
import android.text.TextWatcher
import android.widget.EditText
import android.widget.TextView
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import org.edgener.Ner
import org.edgener.NerException
import org.edgener.awaitTag
import org.edgener.openNer

/** Colours the entities of a text while it is typed. */
class MainActivity : Activity() {
    private val life = SupervisorJob()
    private val scope = CoroutineScope(life + Dispatchers.Main)
    private val colours = Colours()
    private lateinit var input: EditText
    private lateinit var legend: TextView
    private lateinit var status: TextView
    private var ner: Ner? = null
    private var tagging: Job? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.main)
        input = findViewById(R.id.input)
        legend = findViewById(R.id.legend)
        status = findViewById(R.id.status)
        input.addTextChangedListener(
            object : TextWatcher {
                override fun beforeTextChanged(text: CharSequence?, start: Int, count: Int, after: Int) = Unit

                override fun onTextChanged(text: CharSequence?, start: Int, before: Int, count: Int) = Unit

                override fun afterTextChanged(text: Editable?) = tag()
            }
        )
        scope.launch {
            try {
                val opened = openNer(this@MainActivity)
                ner = opened
                status.text = opened.warnings().joinToString("\n")
                tag()
            } catch (failure: NerException) {
                status.text = failure.message
            }
        }
    }

    override fun onDestroy() {
        life.cancel()
        ner?.close()
        super.onDestroy()
    }

    /** What was typed since makes an answer that is under way useless. */
    private fun tag() {
        val ready = ner ?: return
        tagging?.cancel()
        tagging = scope.launch {
            delay(PAUSE_MS)
            val start = SystemClock.elapsedRealtimeNanos()
            try {
                val found = ready.awaitTag(input.text.toString())
                val millis = (SystemClock.elapsedRealtimeNanos() - start) / 1e6
                colours.paint(input.text, found)
                legend.text = colours.legend(found)
                status.text = getString(R.string.answered, found.size, millis)
            } catch (failure: NerException) {
                status.text = failure.message
            }
        }
    }

    private companion object {
        const val PAUSE_MS = 120L
    }
}
