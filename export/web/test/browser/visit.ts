/** What the tests in Chromium share. CHROMIUM: the browser. */

import { after, before } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export const WAIT = { timeout: 90_000 };
let browser: Browser;

before(async () => {
  const executablePath = process.env["CHROMIUM"] ?? "chromium";
  // Inside of containers Chromium's own sandbox is often not to be had.
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
after(() => browser.close());

export interface Visit {
  page: Page;
  /** Console errors and uncaught exceptions. */
  errors: string[];
  requests: string[];
}

export async function visit(address: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => void (["error", "warning"].includes(message.type()) && errors.push(message.text())));
  page.on("pageerror", (error) => void errors.push(error.message));
  context.on("request", (request) => void requests.push(request.url()));
  await page.goto(address);
  // The example that the page begins with has to be answered too, or its answer is taken for that of what is typed next.
  const done = (): boolean => document.body.dataset["state"] === "broken" || "answered" in document.body.dataset;
  await page.waitForFunction(done, null, WAIT);
  return { page, errors, requests };
}

/** Notes that golden sentences are answered otherwise. */
export async function differing(page: Page): Promise<string[]> {
  return (await page.locator("#notes li").allTextContents()).filter((text) => text.includes("differently"));
}

/** A page without anything in it. */
export async function empty(): Promise<Page> {
  return (await browser.newContext()).newPage();
}
