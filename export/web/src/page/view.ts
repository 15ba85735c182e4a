/** Entities as marked text. Built from text nodes only: nothing a model or a text says is read as HTML. */

import type { Entity } from "../text/entities.js";

const COLOURS = 8;
// Of the types that corpora name so; others stand for themselves.
const MEANINGS: Readonly<Record<string, string>> = { PER: "person", LOC: "place", ORG: "organisation", DATE: "date" };
let types: readonly string[] = [];

/** The colours of the types, in their order; letters tell more than COLOURS of them apart. */
export function legend(names: readonly string[]): HTMLElement[] {
  types = names;
  return names.map((name) => {
    const item = element("li");
    const meaning = Object.hasOwn(MEANINGS, name) ? MEANINGS[name]! : "";
    item.append(mark(name, name, true), meaning);
    return item;
  });
}

/** A line of text as a paragraph. Its own letters decide its direction. */
export function paragraph(text: string, entities: readonly Entity[]): HTMLElement {
  const line = element("p");
  line.dir = "auto";
  let place = 0;
  for (const { start, end, type } of entities) {
    // Two words cut from one composed character share its range.
    if (start < place) continue;
    line.append(text.slice(place, start), mark(text.slice(start, end), type));
    place = end;
  }
  line.append(text.slice(place));
  return line;
}

/** An entity as the row of a table; `at`: the number of its line, from 1. */
export function row(entity: Entity, at: number): HTMLElement {
  const line = element("tr");
  const name = element("td");
  name.dir = "auto";
  name.textContent = entity.text;
  const cells = [entity.type, entity.score.toFixed(2), String(at), `${entity.start}–${entity.end}`];
  line.append(name, ...cells.map(cell));
  return line;
}

function mark(text: string, type: string, bare = false): HTMLElement {
  const marked = element("mark");
  marked.dataset["colour"] = String(Math.max(0, types.indexOf(type)) % COLOURS);
  const label = element("b");
  // The space is for who hears the text: without one, name and type are one word. No line ends there.
  label.textContent = bare ? type : `\u00a0${type}`;
  marked.append(...(bare ? [label] : [text, label]));
  return marked;
}

function cell(text: string): HTMLElement {
  const made = element("td");
  made.textContent = text;
  return made;
}

function element(name: string): HTMLElement {
  return document.createElement(name);
}
