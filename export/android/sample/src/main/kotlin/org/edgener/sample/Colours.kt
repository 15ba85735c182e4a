package org.edgener.sample

import android.text.Editable
import android.text.SpannableStringBuilder
import android.text.Spanned
import android.text.style.BackgroundColorSpan
import org.edgener.Entity

/** A colour for each type, given in the order in which types are met. Dark text can be read on all of them. */
class Colours {
    private val given = LinkedHashMap<String, Int>()

    fun of(type: String): Int = given.getOrPut(type) { PALETTE[given.size % PALETTE.size] }

    /** Colours the entities in [text], and takes back the colours of an earlier answer. */
    fun paint(text: Editable, entities: List<Entity>) {
        // Marks of a class of its own: others, such as the keyboard's, stay.
        text.getSpans(0, text.length, Mark::class.java).forEach { text.removeSpan(it) }
        for (entity in entities) {
            text.setSpan(Mark(of(entity.type)), entity.start, entity.end, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
        }
    }

    /** The types that were found, each on its colour. */
    fun legend(entities: List<Entity>): CharSequence {
        val line = SpannableStringBuilder()
        for (type in entities.map { it.type }.distinct()) {
            val start = line.length
            line.append(' ').append(type).append(' ')
            line.setSpan(Mark(of(type)), start, line.length, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
            line.append("  ")
        }
        return line
    }

    private class Mark(colour: Int) : BackgroundColorSpan(colour)

    private companion object {
        val PALETTE =
            longArrayOf(0xFFFFD166, 0xFF8ECAE6, 0xFFB7E4C7, 0xFFF4A6C0, 0xFFD0BFFF, 0xFFFFB385)
                .map { it.toInt() }
    }
}
