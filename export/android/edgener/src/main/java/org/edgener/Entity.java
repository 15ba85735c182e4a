package org.edgener;

import java.util.Objects;

/** A named entity: {@code text.substring(start, end)} of the text that was given. */
public final class Entity {
    private final String type;
    private final String text;
    private final int start;
    private final int end;
    private final double score;

    Entity(String type, String text, int start, int end, double score) {
        this.type = type;
        this.text = text;
        this.start = start;
        this.end = end;
        this.score = score;
    }

    /** Such as PER, LOC, ORG, DATE: what the bundle was trained on. */
    public String getType() {
        return type;
    }

    /** The entity as it stands in the text, unchanged. */
    public String getText() {
        return text;
    }

    /** Of its first character, in UTF-16 units, as {@link String} counts. */
    public int getStart() {
        return start;
    }

    /** Behind its last character, in UTF-16 units. */
    public int getEnd() {
        return end;
    }

    /** 0 to 1: the mean, over its words, of the probability of the chosen label. */
    public double getScore() {
        return score;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Entity)) {
            return false;
        }
        Entity that = (Entity) other;
        return start == that.start
                && end == that.end
                && Double.compare(score, that.score) == 0
                && type.equals(that.type)
                && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return Objects.hash(type, text, start, end, score);
    }

    @Override
    public String toString() {
        return type + " [" + start + ", " + end + ") " + text;
    }
}
