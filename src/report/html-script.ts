/**
 * What moves in the HTML report besides the plots: the theme, sorting, filtering. Plain script for the page, which knows the
 * report only by its marks: `data-table`, `data-filter`, `data-v`.
 */
export const tableScript = `"use strict";
const root = document.documentElement;
const themes = ["auto", "light", "dark"];
let redraw = () => {};

function setTheme(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  redraw();
}

function themeButton(button) {
  let index = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    index = (index + 1) % themes.length;
    button.textContent = "Theme: " + themes[index];
    setTheme(themes[index]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
  addEventListener("beforeprint", () => setTheme("light"));
  addEventListener("afterprint", () => setTheme(themes[index]));
}

const collator = new Intl.Collator("en", { numeric: true });

function sortKey(cell) {
  return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
}

function compare(a, b) {
  if (typeof a === "string") return collator.compare(a, b);
  return (Number.isNaN(a) ? -1 : a) - (Number.isNaN(b) ? -1 : b);
}

/* Numbers come largest first, names from A; a second press turns the order round. */
function sortable(table) {
  const body = table.tBodies[0];
  const titles = [...table.tHead.rows[0].cells];
  titles.forEach((title, column) => {
    title.querySelector("button")?.addEventListener("click", () => {
      const before = title.getAttribute("aria-sort");
      const number = title.classList.contains("number");
      const up = before === "none" ? !number : before === "descending";
      for (const each of titles) if (each.hasAttribute("aria-sort")) each.setAttribute("aria-sort", "none");
      title.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => ({ row, key: sortKey(row.cells[column]) }));
      rows.sort((a, b) => (up ? compare(a.key, b.key) : compare(b.key, a.key)));
      body.append(...rows.map(({ row }) => row));
    });
  });
}

function filterable(input) {
  const body = document.getElementById(input.dataset.filter).tBodies[0];
  input.addEventListener("input", () => {
    const word = input.value.trim().toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(word);
  });
}

themeButton(document.querySelector("button.theme"));
for (const box of document.querySelectorAll("[data-table]")) sortable(box.querySelector("table"));
for (const input of document.querySelectorAll("[data-filter]")) filterable(input);
`;
