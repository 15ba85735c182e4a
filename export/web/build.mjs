// Builds dist/ (committed; the wheel carries it), or build/ with the tests. --check: is dist/ what the sources give?
import { readFileSync, writeFileSync, mkdirSync, existsSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { build } from "esbuild";

const LICENCES = ["@huggingface/tokenizers"];
const common = {
  bundle: true,
  format: "esm",
  charset: "utf8",
  legalComments: "none",
  external: ["onnxruntime-web/wasm", "onnxruntime-node", "playwright-core"],
  write: false,
};

const TARGETS = { browser: ["chrome100", "firefox125", "safari16"], node: ["node20"] };

async function made(entryPoints, outdir, options) {
  const settings = { target: TARGETS[options.platform], outExtension: { ".js": ".mjs" }, ...options };
  const { outputFiles } = await build({ ...common, entryPoints, outdir, ...settings });
  return outputFiles.map((file) => [`${outdir}/${basename(file.path)}`, Buffer.from(file.contents)]);
}

async function dist() {
  const page = ["page.ts", "worker.ts", "service-worker.ts"].map((name) => `src/page/${name}`).filter(existsSync);
  const copied = ["index.html", "page.css", "icon.svg"].filter((name) => existsSync(`src/page/${name}`));
  return [
    ...(await made(["src/browser.ts"], "dist", { platform: "browser" })),
    ...(await made(["src/node.ts", "src/check.ts"], "dist", { platform: "node" })),
    ...(await made(page, "dist/page", { platform: "browser", minify: true, outExtension: {} })),
    ...copied.map((name) => [`dist/page/${name}`, readFileSync(`src/page/${name}`)]),
    ["dist/page/LICENCES.txt", Buffer.from(licences())],
  ];
}

function licences() {
  const others = LICENCES.map((name) => {
    const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
    return `${name} ${version} (${license})\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8")}`;
  });
  return [...others, readFileSync("src/page/onnxruntime-web.txt", "utf8")].join("\n\n");
}

/** A file that is as it should be stays: somebody else may be reading it. */
function write(files) {
  for (const [path, data] of files) {
    if (existsSync(path) && readFileSync(path).equals(data)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
  }
}

/** Tests for node in build/, those that drive a browser in build/browser/, and what they run inside of it. */
async function tests() {
  const named = (folder) => readdirSync(folder).filter((name) => name.endsWith(".test.ts")).map((name) => `${folder}/${name}`);
  const inside = { platform: "browser", format: "iife", globalName: "conformance", outExtension: {} };
  return [
    ...(await made([...named("test"), "test/pieces.ts"], "build", { platform: "node", sourcemap: "inline" })),
    ...(await made(named("test/browser"), "build/browser", { platform: "node" })),
    ...(await made(["test/conformance.ts"], "build/browser", inside)),
  ];
}

if (process.argv.includes("--tests")) {
  write(await tests());
} else if (process.argv.includes("--check")) {
  const stale = (await dist()).filter(([path, data]) => !existsSync(path) || !readFileSync(path).equals(data));
  for (const [path] of stale) console.error(`${path}: not what the sources give; run: npm run build`);
  process.exitCode = stale.length ? 1 : 0;
} else {
  write(await dist());
}
