"use strict";

// Whatever needs this script is hidden until it runs.
for (const one of document.querySelectorAll(".needs-script")) one.hidden = false;

// Points of a plot: what the browser shows for a title is shown at the keyboard too. A plot is one stop of the Tab key;
// arrows go from point to point.
const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true"); // the point itself says the same
document.body.append(tip);

let shown = null;

function show(point) {
  shown = point;
  const [name, ...figures] = point.dataset.tip.split("\n");
  const heading = document.createElement("b");
  heading.textContent = name;
  tip.replaceChildren(heading, figures.join(" "));
  tip.hidden = false;
  const at = point.getBoundingClientRect();
  const left = Math.min(at.left + at.width / 2 - tip.offsetWidth / 2, innerWidth - tip.offsetWidth - 4);
  const above = at.top - tip.offsetHeight - 4;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${above >= 4 ? above : at.bottom + 4}px`;
}

function hide() {
  shown = null;
  tip.hidden = true;
}

function move(points, from, key) {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -from, End: points.length - 1 - from };
  const to = points[from + steps[key]];
  if (!to) return key in steps;
  points[from].tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
  return true;
}

for (const plot of document.querySelectorAll(".plot svg")) {
  const points = [...plot.querySelectorAll(".point")];
  for (const [place, point] of points.entries()) {
    const title = point.querySelector("title");
    point.dataset.tip = title.textContent.trim();
    title.remove();
    point.setAttribute("role", "img");
    point.setAttribute("aria-label", point.dataset.tip.replace("\n", ": "));
    point.setAttribute("tabindex", place ? "-1" : "0");
    point.addEventListener("pointerenter", () => show(point));
    point.addEventListener("pointerleave", hide);
    point.addEventListener("focus", () => show(point));
    point.addEventListener("blur", hide);
    point.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      else if (move(points, place, event.key)) event.preventDefault();
    });
  }
}
// Focus may have moved the page.
addEventListener("scroll", () => { if (shown) show(shown); }, { passive: true });

// A select shows one of several blocks.
for (const select of document.querySelectorAll("select[data-shows]")) {
  const blocks = document.querySelectorAll(`[data-choice="${select.dataset.shows}"]`);
  const choose = () => blocks.forEach((block, place) => { block.hidden = place !== Number(select.value); });
  select.addEventListener("change", choose);
  choose();
}

// The table of all cells.
const table = document.getElementById("table");
if (table) prepare(table);

function prepare() {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const texts = rows.map((row) => row.textContent.normalize("NFC").toLowerCase());
  const [filter, chain] = ["filter", "chain"].map((id) => document.getElementById(id));

  const narrow = () => {
    const words = filter.value.normalize("NFC").toLowerCase().split(/\s+/);
    rows.forEach((row, place) => {
      const wanted = !chain.value || row.dataset.chain === chain.value;
      row.hidden = !(wanted && words.every((word) => texts[place].includes(word)));
    });
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById("count").textContent = `${shown} of ${rows.length} rows`;
  };
  filter.addEventListener("input", narrow);
  chain.addEventListener("change", narrow);
  filter.form.addEventListener("submit", (event) => event.preventDefault());
  narrow();

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const order = compare(column, head.classList.contains("number"), descending ? -1 : 1);
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
    });
  });
  document.getElementById("save").addEventListener("click", (event) => save(heads, event.target.dataset.file));
}

// Rows by a column; whatever lacks a number comes last both ways.
function compare(column, isNumber, sign) {
  const collator = new Intl.Collator(undefined, { numeric: true });
  const number = (row) => parseFloat(row.cells[column].dataset.value ?? "NaN");
  return (one, other) => {
    if (!isNumber) return sign * collator.compare(one.cells[column].textContent, other.cells[column].textContent);
    const [a, b] = [number(one), number(other)];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return sign * (a - b);
  };
}

// The rows that are shown, in their order, with all digits.
function save(heads, name) {
  const header = heads.flatMap((head) => ("sd" in head.dataset ? [head.dataset.name, `${head.dataset.name}_sd`] : [head.dataset.name]));
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const lines = rows.map((row) => heads.flatMap((head, column) => {
    const cell = row.cells[column];
    const isNumber = head.classList.contains("number");
    const value = isNumber ? (cell.dataset.value ?? "") : text(cell.dataset.text ?? cell.textContent);
    return "sd" in head.dataset ? [value, cell.dataset.sd ?? ""] : [value];
  }));
  const csv = [header.map(text), ...lines].map((line) => line.map(quoted).join(",") + "\r\n").join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// A spreadsheet takes a text that begins so for a formula, and would run it.
function text(value) {
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

function quoted(value) {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
