import assert from "node:assert/strict";
import { test } from "node:test";
import type { Manifest } from "../src/bundle/manifest";
import { type Machine, machineWarnings, WASM } from "../src/machine";

function asking(asks: Partial<Manifest>): Manifest {
  return { target: null, needs: new Map(), exactWith: new Map(), ...asks } as Manifest;
}

function cpu(name: string, ...features: string[]): Machine {
  return { name, features: new Set(features) };
}

const VNNI = new Map([["x86_64", ["avx512_vnni", "avx_vnni"]]]);

test("a bundle for another CPU is refused, where the CPU is known", () => {
  const manifest = asking({ target: "x86-vnni", needs: VNNI });
  const why = /m: made for target x86-vnni, which needs avx512_vnni or avx_vnni; there is none here; export it/;
  assert.throws(() => machineWarnings(manifest, "m", cpu("x86_64", "avx2")), why);
  assert.deepEqual(machineWarnings(manifest, "m", cpu("x86_64", "avx2", "avx_vnni")), []);
  assert.deepEqual(machineWarnings(manifest, "m", { name: "x86_64", features: null }), []);
  assert.deepEqual(machineWarnings(manifest, "m", cpu("aarch64", "asimd")), []);
});

test("sums that can saturate are said on x86 and nowhere else", () => {
  const manifest = asking({ exactWith: VNNI });
  assert.match(machineWarnings(manifest, "m", cpu("x86_64", "avx2"))[0]!, /^m: without avx512_vnni or avx_vnni .* saturate/);
  for (const machine of [cpu("x86_64", "avx512_vnni"), cpu("aarch64"), WASM]) {
    assert.deepEqual(machineWarnings(manifest, "m", machine), []);
  }
});

test("in a browser, a bundle for another device runs, and that is said", () => {
  const manifest = asking({ target: "x86-vnni", needs: VNNI, exactWith: VNNI });
  const [said, ...more] = machineWarnings(manifest, "m", WASM);
  assert.match(said!, /^m: made for target x86-vnni; a browser runs it .* --target web exports one for browsers$/);
  assert.deepEqual(more, []);
  assert.deepEqual(machineWarnings(asking({ target: "web" }), "m", WASM), []);
  const needs = new Map([["wasm32", ["relaxed-simd"]]]);
  assert.throws(() => machineWarnings(asking({ target: "later", needs }), "m", WASM), /needs relaxed-simd/);
});
