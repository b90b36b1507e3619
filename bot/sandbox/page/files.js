// Files of messages: pictures are shown, lists can be looked at, everything can be downloaded.

import { dialog } from "./dialogs.js";
import { attempt, el } from "./dom.js";
import { content } from "./server.js";

const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const MOST_ROWS = 500;

/** One card or picture a file. */
export const drawFiles = (files) => (files.length ? el("div", { class: "files" }, files.map(card)) : "");

/** Load a picture of the workspace into an image element. */
export async function picture(id, image, type = "image/png") {
  const address = URL.createObjectURL(await content(id, type));
  image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
  image.src = address;
}

function card(file) {
  if (!file.name && !file.size) return el("div", { class: "file" }, "A file that was deleted.");
  if (PICTURES.has(file.mimetype)) return image(file);
  const download = () => attempt(() => save(file));
  const look = () => attempt(() => show(file));
  const readable = /\.(csv|tsv|txt|json|log|md)$/i.test(file.name);
  return el(
    "div",
    { class: "file" },
    el("span", { class: "sheet", "aria-hidden": "true" }, kindOf(file.name)),
    el("div", {}, el("strong", {}, file.title || file.name), el("small", {}, size(file.size))),
    readable ? el("button", { type: "button", "aria-label": `Look at ${file.name}`, onclick: look }, "Look") : "",
    el("button", { type: "button", "aria-label": `Download ${file.name}`, onclick: download }, "Download"),
  );
}

function image(file) {
  const shown = el("img", { class: "large", alt: file.title || file.name });
  attempt(() => picture(file.id, shown, file.mimetype));
  return el("figure", {}, el("figcaption", {}, file.title || file.name), shown);
}

const kindOf = (name) => (name.includes(".") ? name.split(".").pop().slice(0, 4).toUpperCase() : "FILE");

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

async function save(file) {
  const address = URL.createObjectURL(await content(file.id, "application/octet-stream"));
  const link = el("a", { href: address, download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

async function show(file) {
  const words = await (await content(file.id, "text/plain")).text();
  await dialog(file.name, (box) => box.append(el("div", { class: "inside", tabindex: "0" }, inside(file, words))), "wide");
}

function inside(file, words) {
  if (!/\.(csv|tsv)$/i.test(file.name)) return el("pre", {}, words);
  const rows = cells(words, file.name.toLowerCase().endsWith("tsv") ? "\t" : words.split("\n")[0].includes(";") ? ";" : ",");
  const row = (all, tag) => el("tr", {}, all.map((one) => el(tag, { scope: tag === "th" ? "col" : null }, one)));
  const [head, ...rest] = rows;
  const more = rest.length > MOST_ROWS ? el("p", {}, `… and ${rest.length - MOST_ROWS} more rows: download the file.`) : "";
  const table = el("table", {}, el("thead", {}, row(head ?? [], "th")), el("tbody", {}, rest.slice(0, MOST_ROWS).map((one) => row(one, "td"))));
  return el("div", { class: "table" }, table, more);
}

/** Rows of a CSV, quotes undone. */
export function cells(words, separator) {
  const rows = [[""]];
  let quoted = false;
  const text = words.replace(/^\uFEFF/, "");
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    const row = rows[rows.length - 1];
    if (quoted && sign === '"' && text[at + 1] === '"') {
      row[row.length - 1] += '"';
      at += 1;
    } else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === separator) row.push("");
    else if (!quoted && sign === "\n") rows.push([""]);
    else if (quoted || sign !== "\r") row[row.length - 1] += sign;
  }
  return rows.filter((row) => row.length > 1 || row[0] !== "");
}
