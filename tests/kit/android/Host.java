package org.edgener;

import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs the binding on a computer's JVM, as tests/kit/test_kit_android.py asks. Texts come in and strings go out as
 * the hexadecimal digits of their UTF-16 units, so that no encoding on the way can repair what is broken.
 */
final class Host {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    public static void main(String[] arguments) throws Exception {
        try {
            switch (arguments[0]) {
                case "tag":
                    tag(arguments);
                    break;
                case "cases":
                    cases(arguments[1]);
                    break;
                case "check":
                    try (Ner ner = Ner.open(new File(arguments[1]))) {
                        ner.check();
                        OUT.println("as stated; " + ner.warnings() + " " + Ner.version());
                    }
                    break;
                case "closing":
                    closing(arguments[1]);
                    break;
                case "assets":
                    assets(arguments[1], arguments[2]);
                    break;
                case "zero":
                    Ner.open(new File("/tmp/a\0b"));
                    break;
                default:
                    throw new IllegalArgumentException(arguments[0]);
            }
        } catch (NerException failure) {
            OUT.println("refused " + failure.getCode() + " " + failure.getMessage());
        }
    }

    /** tag BUNDLE THREADS MIN_SCORE RECALL_BIAS: a text a line on stdin, its entities on one line of stdout. */
    private static void tag(String[] arguments) throws Exception {
        NerOptions options =
                new NerOptions()
                        .threads(1)
                        .minScore(Double.parseDouble(arguments[3]))
                        .recallBias(Double.parseDouble(arguments[4]));
        int threads = Integer.parseInt(arguments[2]);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (Ner ner = Ner.open(new File(arguments[1]), options)) {
            List<Future<String>> answers = new ArrayList<>();
            for (String text : texts()) {
                answers.add(pool.submit(() -> line(ner.tag(text))));
            }
            for (Future<String> answer : answers) {
                OUT.println(answer.get());
            }
        } finally {
            pool.shutdown();
        }
    }

    /** cases FILE: "bundle min_score recall_bias text" a line; for each its entities. */
    private static void cases(String file) throws Exception {
        for (String line : java.nio.file.Files.readAllLines(new File(file).toPath())) {
            String[] parts = line.split(" ", -1);
            NerOptions options =
                    new NerOptions()
                            .threads(1)
                            .minScore(Double.parseDouble(parts[1]))
                            .recallBias(Double.parseDouble(parts[2]));
            try (Ner ner = Ner.open(new File(parts[0]), options)) {
                OUT.println(line(ner.tag(decoded(parts[3]))));
            }
        }
    }

    /** closing BUNDLE: many threads tag while one closes; each gets an answer or IllegalStateException. */
    private static void closing(String bundle) throws Exception {
        int answered = 0;
        int refused = 0;
        ExecutorService pool = Executors.newFixedThreadPool(8);
        for (int round = 0; round < 20; round++) {
            Ner ner = Ner.open(new File(bundle), new NerOptions().threads(1));
            List<Future<Integer>> waiting = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                waiting.add(pool.submit(until(ner)));
            }
            Thread.sleep(2 + round);
            ner.close();
            ner.close();
            for (Future<Integer> one : waiting) {
                answered += one.get();
                refused++;
            }
            try {
                ner.tag("Ibrahim");
            } catch (IllegalStateException closed) {
                refused++;
            }
        }
        pool.shutdown();
        OUT.println((answered > 0) + " " + refused);
    }

    private static Callable<Integer> until(Ner ner) {
        return () -> {
            for (int answered = 0; ; answered++) {
                try {
                    ner.tag("Ibrahim Musa ya je Kano .");
                } catch (IllegalStateException closed) {
                    return answered;
                }
            }
        };
    }

    /** assets FROM ROOT: opens the copy of a bundle as an app does; prints what lies under the root then. */
    private static void assets(String from, String root) {
        BundleCopy.Source source =
                new BundleCopy.Source() {
                    @Override
                    public String[] names() {
                        return new File(from).list();
                    }

                    @Override
                    public InputStream open(String name) throws IOException {
                        return new FileInputStream(new File(from, name));
                    }
                };
        try (Ner ner = BundleCopy.open(source, new File(root), new NerOptions().threads(1))) {
            ner.check();
            OUT.println("as stated");
        }
    }

    private static List<String> texts() throws IOException {
        List<String> texts = new ArrayList<>();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = input.readLine()) != null; ) {
            texts.add(decoded(line));
        }
        return texts;
    }

    private static String line(List<Entity> entities) {
        StringBuilder line = new StringBuilder();
        for (Entity one : entities) {
            line.append(line.length() == 0 ? "" : ";").append(encoded(one.getType())).append(' ');
            line.append(encoded(one.getText())).append(' ').append(one.getStart()).append(' ').append(one.getEnd());
            line.append(' ').append(one.getScore());
        }
        return line.toString();
    }

    private static String decoded(String digits) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < digits.length(); at += 4) {
            text.append((char) Integer.parseInt(digits.substring(at, at + 4), 16));
        }
        return text.toString();
    }

    private static String encoded(String text) {
        StringBuilder digits = new StringBuilder();
        for (char unit : text.toCharArray()) {
            digits.append(String.format("%04x", (int) unit));
        }
        return digits.toString();
    }
}
