/** The page: a text or a file goes to the worker, entities come back. */

import type { Entity } from "../text/entities.js";
import { linesIn, linesOf, save } from "./files.js";
import type { Facts, Reply, Request } from "./protocol.js";
import { legend, paragraph, row } from "./view.js";

interface Job {
  readonly id: number;
  /** Of the file; null for what stands in the box. */
  readonly name: string | null;
  readonly lines: readonly string[];
  readonly found: Entity[][];
  readonly ms: number[];
}

// More than a person reads, and more than a page should hold.
const MOST_SHOWN = 500;
const TYPING_PAUSE = 400;
const NOT_STATED = "not stated";
const AGAIN = "Load the page again; if this stays, its folder on the server has to be written again.";
const [BUNDLE, RUNTIME] = ["bundle/", "runtime/"].map((folder) => new URL(folder, location.href).href) as [string, string];
let worker: Worker;
let job: Job | undefined;
let drawn = 0;

const part = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const box = part<HTMLTextAreaElement>("text");
const say = (message: string): void => void (part("status").textContent = message);

function send(request: Request): void {
  worker.postMessage(request);
}

function receive({ data }: MessageEvent<Reply>): void {
  if (data.kind === "progress") showProgress(data.loaded, data.total);
  else if (data.kind === "ready") ready(data.facts);
  else if (data.kind === "broken") broken(data.message);
  else if (data.id === job?.id) {
    if (data.kind === "line") take(job, data.at, data.entities, data.ms);
    else wrong(data.message);
  }
}

function showProgress(loaded: number, total: number): void {
  const bar = part<HTMLProgressElement>("progress");
  bar.max = total;
  bar.value = loaded;
  if (loaded === total) say("Preparing the model");
}

function ready(facts: Facts): void {
  document.title = `${facts.name}: names in text`;
  part("progress").hidden = true;
  part("bundle").textContent = facts.name;
  part("legend").replaceChildren(...legend(facts.types));
  part("size").textContent = `${(facts.bytes / 1e6).toFixed(1)} MB`;
  part("load").textContent = `${(facts.loadMs / 1000).toFixed(2)} s`;
  part("threads").textContent = String(facts.threads);
  part("languages").textContent = facts.languages.map(languageName).join(", ") || NOT_STATED;
  part("notes").replaceChildren(...notes(facts).map(note));
  for (const control of document.querySelectorAll<HTMLButtonElement>("[disabled]")) control.disabled = false;
  if (!box.value) box.value = facts.example;
  document.body.dataset["golden"] = `${facts.golden - facts.differences.length} of ${facts.golden}`;
  document.body.dataset["state"] = "ready";
  tagBox();
}

/** As the browser calls it, or the code for one that it does not know. */
function languageName(code: string): string {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function notes(facts: Facts): string[] {
  const said: string[] = [];
  if (facts.differences.length) {
    said.push(`This browser answers ${facts.differences.length} of the ${facts.golden} golden sentences differently.`);
  }
  said.push(...facts.warnings.map((warning) => `${warning}.`));
  if (facts.ungated) said.push(`Not measured before export: ${facts.ungated}.`);
  if (facts.licences.length) said.push(`Licences of the training data: ${licences(facts.licences)}.`);
  return said;
}

function licences(names: readonly string[]): string {
  const stated = names.filter((name) => name !== NOT_STATED).join(", ");
  if (!stated) return NOT_STATED;
  return names.includes(NOT_STATED) ? `${stated}; of some of it none is stated` : stated;
}

function note(text: string): HTMLElement {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

function broken(message: string): void {
  document.body.dataset["state"] = "broken";
  part("progress").hidden = true;
  say("");
  const alert = part("alert");
  alert.hidden = false;
  alert.textContent = `This bundle cannot be used: ${message}. ${AGAIN}`;
  if (navigator.onLine) void forget();
}

/** What was kept for offline use may be what is broken: the next visit fetches it again. */
async function forget(): Promise<void> {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      if (url.startsWith(BUNDLE) || url.startsWith(RUNTIME)) await cache.delete(url);
    }
  }
  document.body.dataset["forgot"] = "";
}

function wrong(message: string): void {
  const alert = part("alert");
  alert.hidden = !message;
  alert.textContent = message;
}

function start(name: string | null, lines: readonly string[]): void {
  wrong("");
  job = { id: (job?.id ?? 0) + 1, name, lines, found: [], ms: [] };
  drawn = 0;
  part("output").replaceChildren();
  part("rows").replaceChildren();
  part<HTMLButtonElement>("save").disabled = true;
  if (!lines.length) return finish(job);
  send({ kind: "tag", id: job.id, lines });
}

function take(current: Job, at: number, entities: Entity[], ms: number): void {
  current.found[at] = entities;
  if (current.lines[at]!.trim()) current.ms.push(ms);
  if (drawn < MOST_SHOWN) {
    drawn += 1;
    part("output").append(paragraph(current.lines[at]!, entities));
    part("rows").append(...entities.map((entity) => row(entity, at + 1)));
  }
  if (at + 1 === current.lines.length) finish(current);
  else if ((at + 1) % 20 === 0) say(`${about(current)}${at + 1} of ${current.lines.length} lines`);
}

function finish(current: Job): void {
  const count = current.found.reduce((sum, entities) => sum + entities.length, 0);
  const lines = current.lines.filter((line) => line.trim()).length;
  const hidden = current.lines.length - drawn;
  const more = hidden > 0 ? `; the first ${drawn} lines are shown, the file to save has all` : "";
  if (lines) say(`${about(current)}${plural(count, "name")} in ${plural(lines, "line")}${more}`);
  else say(current.name ? `${current.name}: nothing in it` : "Type or paste a text, or open a text file");
  const times = [...current.ms].sort((a, b) => a - b);
  part("time").textContent = times.length ? `${times[times.length >> 1]!.toFixed(1)} ms` : "-";
  part("list").hidden = !count;
  part<HTMLButtonElement>("save").disabled = !lines;
  document.body.dataset["answered"] = String(current.id);
}

/** What a message is about, where that is not what stands in the box. */
function about(current: Job): string {
  return current.name ? `${current.name}: ` : "";
}

function plural(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}

function tagBox(): void {
  start(null, linesIn(box.value));
}

async function tagFile(file: File | undefined): Promise<void> {
  if (!file || document.body.dataset["state"] !== "ready") return;
  try {
    const lines = await linesOf(file);
    say(`${file.name}: reading`);
    start(file.name, lines);
  } catch (error) {
    wrong(error instanceof Error ? error.message : String(error));
  }
}

function listen(): void {
  let timer = 0;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    if (document.body.dataset["state"] === "ready") timer = window.setTimeout(tagBox, TYPING_PAUSE);
  });
  const input = part<HTMLInputElement>("file");
  part("open").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    void tagFile(input.files?.[0]);
    input.value = "";
  });
  part("save").addEventListener("click", () => job && save(job.name ?? "text", job.lines, job.found));
  document.addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    document.body.dataset["drop"] = "";
  });
  for (const over of ["dragleave", "drop"]) document.addEventListener(over, () => delete document.body.dataset["drop"]);
  document.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    void tagFile(event.dataTransfer?.files[0]);
  });
}

/** Words that are dragged into the box are for the browser. */
function holdsFile({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") ?? false;
}

/** Before the bundle is fetched, so that it passes through the service worker once and is kept. */
async function keepForOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    const { active } = await navigator.serviceWorker.register("service-worker.js", { updateViaCache: "none" });
    // One that is active and does not control this page was passed over by a forced reload; it will not come.
    if (active || navigator.serviceWorker.controller) return;
    await Promise.race([
      new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true })),
      new Promise((done) => setTimeout(done, 10_000)),
    ]);
  } catch {
    // A private window, say: the page works all the same, but needs the network each time.
  }
}

/** `?threads=1` in the address asks for one; without it every core is used, where the page is isolated. */
function load(): void {
  const asked = Number(new URLSearchParams(location.search).get("threads"));
  const threads = Number.isInteger(asked) && asked > 0 && asked <= 64 ? asked : 0;
  worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = receive;
  worker.onerror = (event): void => broken(event.message || "worker.js cannot be loaded; load the page again");
  send({ kind: "load", bundle: BUNDLE, runtime: RUNTIME, threads });
}

listen();
await keepForOffline();
load();
