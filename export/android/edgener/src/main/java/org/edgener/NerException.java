package org.edgener;

/** What went wrong with a bundle or with ONNX Runtime, in one line that says what, where and what to do. */
public final class NerException extends RuntimeException {
    /** In the order of edgener_status in edgener.h, from 1. */
    public enum Code {
        /** An option out of its range, or a variant that the bundle lacks. */
        BAD_ARGUMENT,
        /** A file or a folder that is missing or cannot be read, or a copy that cannot be written. */
        UNREADABLE,
        /** A bundle whose hashes differ, or that was changed while it was loaded. */
        DAMAGED,
        /** Hashes that hold, over something that is no bundle. */
        MALFORMED,
        /** A bundle for a later version of this library. */
        TOO_NEW,
        /** A tokenizer that this version cannot read, or that fails. */
        TOKENIZER,
        /** A bundle that needs what this CPU lacks. */
        WRONG_MACHINE,
        /** No ONNX Runtime, or one that is too old for the bundle. */
        NO_RUNTIME,
        /** ONNX Runtime cannot load or run the graph. */
        RUNTIME,
        NO_MEMORY,
        /** {@link Ner#check}: a golden sentence is answered otherwise. */
        DIFFERS,
        INTERNAL
    }

    private static final long serialVersionUID = 1;
    private static final Code[] CODES = Code.values();
    private final Code code;

    NerException(Code code, String message) {
        super(message);
        this.code = code;
    }

    /** Called by native code, with an edgener_status. */
    NerException(int status, String message) {
        this(status > 0 && status <= CODES.length ? CODES[status - 1] : Code.INTERNAL, message);
    }

    public Code getCode() {
        return code;
    }
}
