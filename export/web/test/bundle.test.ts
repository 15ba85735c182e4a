import assert from "node:assert/strict";
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { machine, platform } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { differences, Ner, NerError } from "../src/node";
import { copied, replaced, resealed, SOUND } from "./bundles";

const skip = SOUND ? false : "EDGENER_BUNDLE names no bundle";
const notLinux = platform() === "linux" ? false : "only Linux says what its CPU can do";

async function refused(folder: string, why: RegExp): Promise<void> {
  await assert.rejects(Ner.load(folder), (error) => {
    assert.ok(error instanceof NerError, String(error));
    assert.match(error.message, why);
    assert.ok(!error.message.includes("\n") && error.message.length < 500, error.message);
    return true;
  });
}

test("calls that overlap, empty texts, and 100 KB", { skip }, async () => {
  const ner = await Ner.load(SOUND);
  const text = String(ner.bundle.golden[0]!["text"]);
  const [one, none, again] = await Promise.all([ner.tag(text), ner.tag(""), ner.tag(text)]);
  assert.deepEqual(one, again);
  assert.deepEqual(none, []);
  assert.deepEqual(await ner.tag("\u200b \ud800 \ufeff"), []);
  const long = `${text} `.repeat(Math.ceil(100_000 / text.length));
  for (const { start, end, text: name } of await ner.tag(long)) assert.equal(long.slice(start, end), name);
});

test("a changed byte in any file is noticed before anything is parsed", { skip }, async () => {
  const names = ["manifest.sha256", "manifest.json", "model.onnx", "weights.bin", "tokenizer.json", "labels.json", "golden.jsonl", "README.md"];
  for (const name of names) {
    const folder = copied();
    const data = readFileSync(join(folder, name));
    data[data.length >> 1]! ^= 1;
    writeFileSync(join(folder, name), data);
    await refused(folder, /sha256 differs/);
    rmSync(join(folder, name));
    await refused(folder, /missing/);
  }
});

test("other files, links and lengths", { skip }, async () => {
  const surplus = copied();
  writeFileSync(join(surplus, "extra.txt"), "x");
  await refused(surplus, /extra\.txt: the manifest does not know this file/);
  const linked = copied();
  rmSync(join(linked, "labels.json"));
  symlinkSync(join(SOUND, "labels.json"), join(linked, "labels.json"));
  await refused(linked, /cannot be read \(ELOOP\)/);
  const longer = copied();
  writeFileSync(join(longer, "labels.json"), `${readFileSync(join(longer, "labels.json"), "utf8")} `);
  await refused(longer, /at most \d+ may be in it/);
  await refused("/nowhere/at/all", /missing|cannot be read|no such/i);
});

test("what a manifest may not say", { skip }, async () => {
  const edits: [RegExp, (manifest: any) => void][] = [
    [/schema 2/, (manifest) => (manifest.schema = 2)],
    [/not the manifest of a bundle/, (manifest) => (manifest.kind = "model")],
    [/does not belong to a bundle/, (manifest) => (manifest.files["../../x"] = manifest.files["labels.json"])],
    [/does not belong to a bundle/, (manifest) => (manifest.files["https://example.org"] = manifest.files["labels.json"])],
    [/weights\.bin.*no sha256|files\.weights\.bin/, (manifest) => (manifest.files["weights.bin"] = null)],
    [/more than can be loaded/, (manifest) => (manifest.files["labels.json"].bytes = 2 ** 40)],
    [/decode\.stride/, (manifest) => (manifest.decode.stride = 0)],
    [/decode\.max_length/, (manifest) => (manifest.decode.max_length = 1e9)],
    [/decode\.prefix/, (manifest) => (manifest.decode.prefix = [1.5])],
    [/unknown word splitter/, (manifest) => (manifest.decode.splitter = "constructor")],
    [/needs ONNX Runtime 99/, (manifest) => (manifest.model.min_onnxruntime = "99.0.0")],
    [/gate\.passed/, (manifest) => (manifest.gate.passed = "yes")],
  ];
  for (const [why, edit] of edits) await refused(resealed(copied(), edit), why);
});

test("what this CPU lacks is an error, or a warning where it only costs exactness", { skip: skip || notLinux }, async () => {
  const lacking = { [machine()]: ["none-has-this"] };
  await refused(resealed(copied(), ({ model }) => Object.assign(model, { target: "later", needs: lacking })), /needs none-has-this/);
  const ner = await Ner.load(resealed(copied(), ({ model }) => (model.exact_with = lacking)));
  assert.match(ner.warnings.join(), /without none-has-this this CPU's int8 sums can saturate/);
  assert.deepEqual((await Ner.load(SOUND)).warnings, []);
});

test("what the other files may not say", { skip }, async () => {
  await refused(replaced("labels.json", '["O", "I-PER"]'), /not the labels of an IOB2 model/);
  await refused(replaced("labels.json", "[".repeat(100_000)), /not valid JSON/);
  await refused(replaced("labels.json", '["O", "B-X"]'), /the graph has \d+ outputs/);
  await refused(replaced("tokenizer.json", "{}"), /not a tokenizer\.json/);
  await refused(replaced("tokenizer.json", '{"model": {"type": "Nothing"}}'), /not a tokenizer\.json/);
  await refused(replaced("golden.jsonl", "3\n"), /golden\.jsonl:1: not a golden sentence/);
  await refused(replaced("model.onnx", "no graph"), /cannot load its graph/);
  const wrong = await Ner.load(replaced("golden.jsonl", (text) => text.replace('"B-', '"I-')));
  assert.equal((await differences(wrong)).length, 1);
});

test("over HTTP: the same answers, and an endless file is cut off", { skip }, async () => {
  let endless = false;
  const server = createServer((request, response) => {
    const name = request.url!.slice(1);
    if (!endless || name !== "labels.json") return response.end(readFileSync(join(SOUND, name)));
    response.on("error", () => undefined);
    const more = (): void => void (!response.destroyed && response.write(Buffer.alloc(65_536), more as () => void));
    return more();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    assert.deepEqual(await differences(await Ner.load(address)), []);
    endless = true;
    await refused(address, /more than the \d+ bytes/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  await refused(address, /cannot be reached/);
});
