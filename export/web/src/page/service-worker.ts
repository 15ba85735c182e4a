/**
 * Keeps the page usable without a network after the first visit.
 *
 * The page itself is kept at installation; the bundle and the runtime as they are first fetched, so nothing is
 * transferred twice. site.js states this build's version and files: another build gets another cache.
 */

declare const self: ServiceWorkerGlobalScope & { SITE: { version: string; shell: string[]; files: string[] } };

importScripts("site.js");

const CACHE = `edgener ${self.SITE.version}`;
const known = new Set(self.SITE.files.map((name) => new URL(name, self.registration.scope).href));

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && known.has(fileOf(request))) event.respondWith(answer(request));
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(self.SITE.shell.map((name) => new Request(name, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  // Other sites of this origin may have caches of their own, and other folders may hold other kits.
  const scope = self.registration.scope;
  for (const name of await caches.keys()) {
    if (!name.startsWith("edgener ") || name === CACHE) continue;
    const [first] = await (await caches.open(name)).keys();
    if (!first || first.url.startsWith(scope)) await caches.delete(name);
  }
  await self.clients.claim();
}

/** The address of the file behind a request. */
function fileOf(request: Request): string {
  return request.url.replace(/[?#].*$/s, "").replace(/\/$/, "/index.html");
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const address = fileOf(request);
  const kept = await cache.match(address);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && response.type === "basic" && !response.redirected) await keep(cache, address, response.clone());
  return response;
}

/** A full disk costs the use without a network, and nothing else. */
async function keep(cache: Cache, address: string, response: Response): Promise<void> {
  await cache.put(address, response).catch(() => undefined);
}

// A module for the compiler; nothing of it is left in what is built.
export {};
