/** Whatever is wrong with a bundle, a text or a device, in one line that a person can act on. */
export class NerError extends Error {
  override readonly name = "NerError";
}

/** What a library threw, as one short line. */
export function line(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(/\s+/u).filter(Boolean).join(" ").slice(0, 200);
}
