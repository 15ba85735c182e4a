/** What a bundle asks of the machine that runs it. Mirrors edgener/runtime/cpu.py. */

import { NerError } from "./errors.js";
import type { Manifest } from "./bundle/manifest.js";

/** `name` as uname has it; `features` as Linux names them, null where the system does not tell. */
export interface Machine {
  readonly name: string;
  readonly features: ReadonlySet<string> | null;
}

/**
 * Whatever CPU is below. Its 8-bit sums are exact on each of them: ONNX Runtime adds in 32 bits here, and uses none of
 * the relaxed instructions, whose sums differ between CPUs. So nothing that a bundle asks of x86 is asked here.
 */
export const WASM: Machine = { name: "wasm32", features: new Set(["simd128"]) };
const WASM_TARGET = "web";

/** NerError when the bundle needs what this machine lacks; else what there is to say of it, a line each. */
export function machineWarnings(manifest: Manifest, where: string, machine: Machine): string[] {
  if (!machine.features) return [];
  const { target, needs, exactWith } = manifest;
  const lacking = (asked: ReadonlyMap<string, readonly string[]>): readonly string[] => {
    const wanted = asked.get(machine.name) ?? [];
    return wanted.some((one) => machine.features!.has(one)) ? [] : wanted;
  };
  const needed = lacking(needs);
  if (needed.length) {
    const why = `which needs ${needed.join(" or ")}; there is none here`;
    throw new NerError(`${where}: made for target ${target}, ${why}; export it for another --target`);
  }
  const said: string[] = [];
  const saturates = lacking(exactWith);
  if (saturates.length) {
    said.push(
      `${where}: without ${saturates.join(" or ")} this CPU's int8 sums can saturate, and answers differ from those ` +
        "that were measured; --target x86-avx2 exports a bundle for it",
    );
  }
  if (machine === WASM && target && target !== WASM_TARGET) {
    said.push(
      `${where}: made for target ${target}; a browser runs it with code of its own, which was not measured; ` +
        `--target ${WASM_TARGET} exports one for browsers`,
    );
  }
  return said;
}
