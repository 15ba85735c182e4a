package org.edgener;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs the binding on a computer's JVM, as tests/kit/test_android_host.py asks. Texts come in and strings go out as
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
                case "heap":
                    heap();
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
        for (String line : Files.readAllLines(new File(file).toPath())) {
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

    /**
     * assets FROM ROOT: opens a bundle as an app does, whose archive is FROM: a folder, or a file in which those of the
     * bundle lie one behind the other, as FROM.list says ("name offset bytes" a line), as in an app's archive.
     */
    private static void assets(String from, String root) throws Exception {
        BundleSource source = new File(from).isDirectory() ? new Folder(new File(from)) : new Archive(new File(from));
        try (Ner ner = NerAssets.open(source, "assets/bundle", new File(root), new NerOptions().threads(1))) {
            ner.check();
            for (int round = 0; round < 10; round++) { // nothing but the Ner holds the mapped memory now
                System.gc();
                Thread.sleep(20);
            }
            OUT.println("as stated; " + ner.tag("Ibrahim Musa ya je Kano .").size());
        }
    }

    private static final class Folder implements BundleSource {
        private final File folder;

        Folder(File folder) {
            this.folder = folder;
        }

        @Override
        public String[] names() {
            return folder.list();
        }

        @Override
        public InputStream open(String name) throws IOException {
            return new FileInputStream(new File(folder, name));
        }

        @Override
        public ByteBuffer map(String name) {
            return null;
        }
    }

    private static final class Archive implements BundleSource {
        private final File file;
        private final Map<String, long[]> places = new HashMap<>();

        Archive(File file) throws IOException {
            this.file = file;
            for (String line : Files.readAllLines(new File(file + ".list").toPath())) {
                String[] parts = line.split(" ");
                places.put(parts[0], new long[] {Long.parseLong(parts[1]), Long.parseLong(parts[2])});
            }
        }

        @Override
        public String[] names() {
            return places.keySet().toArray(new String[0]);
        }

        @Override
        public InputStream open(String name) throws IOException {
            byte[] data = new byte[(int) places.get(name)[1]];
            map(name).get(data);
            return new ByteArrayInputStream(data);
        }

        @Override
        public ByteBuffer map(String name) throws IOException {
            long[] place = places.get(name);
            try (FileChannel channel = FileChannel.open(file.toPath())) {
                return channel.map(FileChannel.MapMode.READ_ONLY, place[0], place[1]);
            }
        }
    }

    /** heap: bundles in memory with a name or a buffer missing, and one that native code cannot see. */
    private static void heap() {
        for (String name : new String[] {null, "model.ort"}) {
            try {
                Ner.open("memory", Collections.singletonMap(name, null), new NerOptions());
            } catch (NullPointerException missing) {
                OUT.println("missing " + missing.getMessage());
            }
        }
        Ner.open("memory", Collections.singletonMap("model.ort", ByteBuffer.allocate(8)), new NerOptions());
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
