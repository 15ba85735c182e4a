/** What the page and its worker say to each other. */

import type { Entity } from "../text/entities.js";

export type Request =
  | { readonly kind: "load"; readonly bundle: string; readonly runtime: string; readonly threads: number }
  | { readonly kind: "tag"; readonly id: number; readonly lines: readonly string[] };

export type Reply =
  | { readonly kind: "progress"; readonly loaded: number; readonly total: number }
  | { readonly kind: "ready"; readonly facts: Facts }
  | { readonly kind: "broken"; readonly message: string }
  | { readonly kind: "line"; readonly id: number; readonly at: number; readonly entities: Entity[]; readonly ms: number }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

export interface Facts {
  readonly name: string;
  readonly languages: readonly string[];
  readonly types: readonly string[];
  readonly ungated: string | null;
  /** What there is to say of the bundle in a browser. */
  readonly warnings: readonly string[];
  readonly licences: readonly string[];
  readonly bytes: number;
  readonly threads: number;
  /** From the start of loading, verification included, in milliseconds. */
  readonly loadMs: number;
  /** One line for each golden sentence that is answered otherwise here. */
  readonly differences: readonly string[];
  readonly golden: number;
  readonly example: string;
}
