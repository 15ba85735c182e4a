/**
 * The page in Chromium. EDGENER_PAGE: where `edgener kit serve` has it; EDGENER_BROKEN, EDGENER_WRONG: the same with a
 * damaged bundle, and with one whose golden sentences state something wrong and which was made for the target x86-vnni.
 * EDGENER_BROKEN_FILE: the damaged file, EDGENER_SOUND_FILE: how it should be.
 */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { differing, visit, WAIT } from "./visit";

const PAGE = process.env["EDGENER_PAGE"]!;
// The hand-made bundle knows these names.
const TEXT = process.env["EDGENER_TEXT"] ?? "Ada daga Kano";

async function type(page: Page, text: string): Promise<void> {
  const asked = await page.evaluate(() => Number(document.body.dataset["answered"] ?? 0));
  await page.getByRole("textbox", { name: /^Text/ }).fill(text);
  await answered(page, asked);
}

async function answered(page: Page, asked: number): Promise<void> {
  await page.waitForFunction((id) => Number(document.body.dataset["answered"] ?? 0) > id, asked, WAIT);
}

/** "Ada PER" for each name; between the two is a space at which no line ends. */
async function marked(page: Page): Promise<string[]> {
  return (await page.locator("#output mark").allTextContents()).map((text) => text.replace("\u00a0", " "));
}

test("a wrong golden vector is said, and so is another target", async () => {
  const { page } = await visit(process.env["EDGENER_WRONG"]!);
  const notes = (await page.locator("#notes").textContent())!;
  assert.match(notes, /answers 1 of the \d+ golden sentences differently/);
  assert.match(notes, /made for target x86-vnni; a browser runs it with code of its own/);
});

test("a typed sentence: names, legend, figures; no error, no request elsewhere", async () => {
  const { page, errors, requests } = await visit(PAGE);
  await type(page, TEXT);
  assert.deepEqual(await marked(page), ["Ada PER", "Kano LOC"]);
  assert.match((await page.getByRole("status").textContent())!, /^2 names in 1 line$/);
  assert.deepEqual((await page.locator("#legend mark").allTextContents()).sort(), ["LOC", "PER"]);
  for (const id of ["size", "load", "time"]) assert.match((await page.locator(`#${id}`).textContent())!, /\d (MB|s|ms)$/);
  assert.ok(await page.evaluate(() => crossOriginIsolated));
  assert.deepEqual(errors, []);
  assert.deepEqual(requests.filter((url) => !url.startsWith(PAGE) && !url.startsWith(`blob:${PAGE}`)), []);
});

test("scripts, directions and marks stay as they were typed; what looks like HTML is text", async () => {
  const { page, errors } = await visit(PAGE);
  const lines = ["زار محمد عدن اليوم", "አዲስ አበባ ። Kano", "ߒߞߏ ߞߊ߲ ߞߏ ߛߓߍ", "O\u0323 la\u0301 Kano 👩🏾‍🎤", "<img src=x onerror=alert(1)> Ada"];
  await type(page, lines.join("\n"));
  const shown = await page.locator("#output p").evaluateAll((all) =>
    all.map((line) => {
      const copy = line.cloneNode(true) as HTMLElement;
      for (const label of copy.querySelectorAll("mark b")) label.remove();
      return { text: copy.textContent, direction: getComputedStyle(line).direction };
    }),
  );
  assert.deepEqual(shown.map(({ text }) => text), lines);
  assert.deepEqual(shown.map(({ direction }) => direction), ["rtl", "ltr", "rtl", "ltr", "ltr"]);
  assert.ok((await marked(page)).includes("عدن LOC"));
  assert.deepEqual(errors, []);
});

test("a dropped file is tagged and saved as JSON; what is no text is refused in words", async () => {
  const { page } = await visit(PAGE);
  const drop = async (name: string, base64: string): Promise<void> => {
    const data = await page.evaluateHandle(([name, base64]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64!), (char) => char.charCodeAt(0))], name!));
      return transfer;
    }, [name, base64]);
    await page.dispatchEvent("body", "drop", { dataTransfer: data });
  };
  const asked = Number(await page.locator("body").getAttribute("data-answered"));
  await drop("names.txt", Buffer.from("😀 Ada daga Kano\r\n\r\nya je gida\r\n").toString("base64"));
  await answered(page, asked);
  assert.equal(await page.getByRole("status").textContent(), "names.txt: 2 names in 2 lines");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as JSON" }).click()]);
  assert.equal(download.suggestedFilename(), "names.entities.json");
  const saved = JSON.parse(readFileSync((await download.path())!, "utf8"));
  assert.deepEqual(saved.map(({ line, text }: any) => [line, text]), [[1, "😀 Ada daga Kano"], [2, ""], [3, "ya je gida"]]);
  const { score, ...ada } = saved[0].entities[0];
  assert.ok(score > 0 && score <= 1);
  const places = { start: 2, end: 5, start_utf16: 3, end_utf16: 6, start_utf8: 5, end_utf8: 8 };
  assert.deepEqual(ada, { type: "PER", text: "Ada", ...places });
  await drop("photo.jpg", Buffer.from([0xff, 0xd8, 0xff]).toString("base64"));
  await page.getByRole("alert").filter({ hasText: "photo.jpg is not text in UTF-8" }).waitFor(WAIT);
  await type(page, TEXT);
  assert.equal(await page.getByRole("status").textContent(), "2 names in 1 line");
});

test("words that are dragged are no file: the browser puts them into the box", async () => {
  const { page } = await visit(PAGE);
  const taken = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.setData("text/plain", "Ada");
    const events = ["dragover", "drop"].map((type) => new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    return events.map((event) => !document.getElementById("text")!.dispatchEvent(event) || "drop" in document.body.dataset);
  });
  assert.deepEqual(taken, [false, false]);
});

test("the file button, by keyboard", async () => {
  const { page } = await visit(PAGE);
  const file = join(mkdtempSync(join(tmpdir(), "edgener-")), "text.txt");
  writeFileSync(file, "Ibrahim Musa ya je Lagos\n");
  // The browser needs a moment to hand file dialogs over: asked for just before the key, one may be missed.
  const chooser = page.waitForEvent("filechooser", WAIT);
  await page.getByRole("textbox", { name: /^Text/ }).focus();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Open a text file");
  const asked = Number(await page.locator("body").getAttribute("data-answered"));
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(file);
  await answered(page, asked);
  assert.deepEqual(await marked(page), ["Ibrahim Musa PER", "Lagos LOC"]);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Save as JSON");
});

test("a broken bundle: what is wrong, no blank page, and nothing broken kept once it is mended", async () => {
  const { page } = await visit(process.env["EDGENER_BROKEN"]!);
  assert.equal(await page.locator("body").getAttribute("data-state"), "broken");
  assert.match((await page.getByRole("alert").textContent())!, /cannot be used.*weights\.bin: sha256 differs/);
  assert.ok(await page.getByRole("heading", { name: "Names in text" }).isVisible());
  await page.waitForFunction(() => "forgot" in document.body.dataset, null, WAIT);
  copyFileSync(process.env["EDGENER_SOUND_FILE"]!, process.env["EDGENER_BROKEN_FILE"]!);
  await page.reload();
  await page.waitForFunction(() => document.body.dataset["state"] === "ready", null, WAIT);
});

test("without a network after the first visit, and each file fetched once", async () => {
  const { page, errors, requests } = await visit(PAGE);
  const large = requests.filter((url) => /weights\.bin|\.wasm$/.test(url));
  assert.equal(new Set(large).size, 2);
  await page.context().setOffline(true);
  await page.reload();
  await page.waitForFunction(() => "answered" in document.body.dataset, null, WAIT);
  await type(page, TEXT);
  assert.deepEqual(await marked(page), ["Ada PER", "Kano LOC"]);
  assert.deepEqual(errors, []);
});

test("on a phone nothing is wider than the screen, and buttons are large enough to touch", async () => {
  const { page } = await visit(PAGE, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  await type(page, `${TEXT} ${"x".repeat(300)}`);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  assert.equal(await page.getByText("or drop a file").isVisible(), false);
  for (const button of await page.getByRole("button").all()) assert.ok((await button.boundingBox())!.height >= 44);
});

test("as many threads as asked for", async () => {
  for (const threads of ["1", "2"]) {
    const { page } = await visit(`${PAGE}?threads=${threads}`);
    assert.equal(await page.locator("#threads").textContent(), threads);
    assert.deepEqual(await differing(page), []);
  }
});
