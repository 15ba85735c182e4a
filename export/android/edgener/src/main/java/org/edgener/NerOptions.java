package org.edgener;

/** How to answer; each method gives a changed copy. Values out of range are refused when a bundle is opened. */
public final class NerOptions {
    final int threads;
    final double minScore;
    final double recallBias;
    final String variant;
    final String runtime;

    public NerOptions() {
        this(0, 0, 0, null, null);
    }

    private NerOptions(int threads, double minScore, double recallBias, String variant, String runtime) {
        this.threads = threads;
        this.minScore = minScore;
        this.recallBias = recallBias;
        this.variant = variant;
        this.runtime = runtime;
    }

    /** Of ONNX Runtime, 0 to 1024; 0, as at first: what the bundle's target suggests. */
    public NerOptions threads(int count) {
        return new NerOptions(count, minScore, recallBias, variant, runtime);
    }

    /** 0 to 1: drops entities with a lower score, so that fewer are found and more of them are right. */
    public NerOptions minScore(double least) {
        return new NerOptions(threads, least, recallBias, variant, runtime);
    }

    /** -100 to 100, subtracted from the logit of O: above 0 finds more, and errs more. */
    public NerOptions recallBias(double bias) {
        return new NerOptions(threads, minScore, bias, variant, runtime);
    }

    /** Another of the bundle's graphs; null: the first. */
    public NerOptions variant(String name) {
        return new NerOptions(threads, minScore, recallBias, name, runtime);
    }

    /** A path of ONNX Runtime's shared library; null, as an app has it: libonnxruntime.so of the app. */
    public NerOptions runtime(String library) {
        return new NerOptions(threads, minScore, recallBias, variant, library);
    }
}
