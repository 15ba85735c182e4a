// One visit of a kit's page by a browser of its own, for benchmarks/web.py.
// stdin: {address, chromium, text}; stdout: what was seen, in milliseconds from the navigation, and in bytes.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const given = JSON.parse(readFileSync(0, "utf8"));
const WAIT = { timeout: 300_000 };
// Else the browser answers a question for its memory only when it happens to collect garbage.
const EAGER = "--enable-blink-features=ForceEagerMeasureMemory";

/** Of the largest process that draws pages: now, and the most so far. Null where the system has no /proc. */
async function resident(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const found = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => statusOf(id));
  return found.filter(Boolean).sort((one, other) => other.rss - one.rss)[0] ?? null;
}

function statusOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const bytes = (name) => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)[1]);
    return { rss: bytes("VmRSS"), peak: bytes("VmHWM") };
  } catch {
    return null;
  }
}

/** What the page's worker says, with the time at which the page heard it. */
function listen() {
  const Plain = globalThis.Worker;
  globalThis.heard = [];
  globalThis.Worker = class extends Plain {
    constructor(...about) {
      super(...about);
      this.addEventListener("message", ({ data }) => {
        if (data.kind !== "progress") globalThis.heard.push({ ...data, at: performance.now() });
      });
    }
  };
}

async function firstLine(page) {
  const state = () => document.body?.dataset.state === "broken" || globalThis.heard.some(({ kind }) => kind === "line");
  await page.waitForFunction(state, null, WAIT);
  const broken = await page.evaluate(() => document.body.dataset.state === "broken" && document.getElementById("alert").textContent);
  if (broken) throw new Error(broken);
  return page.evaluate(() => globalThis.heard.find(({ kind }) => kind === "line").at);
}

async function tagged(page, text) {
  const before = Number(await page.locator("body").getAttribute("data-answered"));
  await page.setInputFiles("#file", { name: "text.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.waitForFunction((id) => Number(document.body.dataset.answered) > id, before, WAIT);
  return page.evaluate((id) => globalThis.heard.filter((one) => one.kind === "line" && one.id > id), before);
}

const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox", EAGER] });
try {
  const session = await browser.newBrowserCDPSession();
  const page = await browser.newPage();
  const blank = await resident(session);
  await page.addInitScript(listen);
  await page.goto(given.address);
  const first = await firstLine(page);
  const { facts } = await page.evaluate(() => globalThis.heard.find(({ kind }) => kind === "ready"));
  const lines = await tagged(page, given.text);
  const isolated = await page.evaluate(() => crossOriginIsolated);
  const measured = isolated ? await page.evaluate(() => performance.measureUserAgentSpecificMemory()) : null;
  const after = await resident(session);
  await page.reload();
  const again = await firstLine(page);
  const answers = lines.map(({ entities }) => entities.map(({ type, points, score }) => ({ type, points, score })));
  const memory = { page: measured?.bytes ?? null, blank: blank?.rss ?? null, rss: after?.rss ?? null, peak: after?.peak ?? null };
  const times = { first, again, load: facts.loadMs, sentences: lines.map(({ ms }) => ms) };
  const { threads, differences, golden } = facts;
  console.log(JSON.stringify({ browser: browser.version(), threads, golden, differences, times, memory, answers }));
} finally {
  await browser.close();
}
