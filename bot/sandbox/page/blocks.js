// Block Kit's blocks as elements. What is not known is shown plainly, with its name and its words.

import { el } from "./dom.js";
import { drawElement } from "./elements.js";
import { icon } from "./icons.js";
import { mrkdwn, textOf, withEmoji, wordsOf } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

/** Every block, in order. `hands` say what pressing and entering do; see elements.js. */
export const drawBlocks = (blocks, hands) => blocks.map((block) => drawBlock(block, hands));

function drawBlock(block, hands) {
  const draw = BLOCKS[block.type];
  const drawn = draw ? draw(block, hands) : unknown(block);
  drawn.dataset.block = block.block_id ?? "";
  return drawn;
}

const BLOCKS = {
  header: (block) => el("h3", { class: "block header" }, textOf(block.text)),
  divider: () => el("hr", { class: "block" }),
  section,
  context: (block, hands) => el("div", { class: "block context" }, block.elements.map((part) => piece(part, hands))),
  actions: (block, hands) => {
    const parts = block.elements.map((element) => drawElement(element, block, hands));
    return el("div", { class: "block actions" }, parts);
  },
  image,
  input: (block, hands) => drawElement(block.element, block, hands),
  markdown: (block) => el("div", { class: "block text" }, markdown(block.text)),
  rich_text: (block) => el("div", { class: "block rich" }, richText(block)),
  table: (block) => table(block),
  file: (block) => el("p", { class: "block context" }, icon("sheet"), ` ${block.external_id}`),
};

function section(block, hands) {
  const box = el("div", { class: "block section" });
  const main = el("div", { class: "said" });
  if (block.text) main.append(el("div", { class: "text" }, textOf(block.text)));
  if (block.fields) {
    const fields = block.fields.map((field) => el("div", { class: "text" }, textOf(field)));
    main.append(el("div", { class: "fields" }, fields));
  }
  box.append(main);
  if (block.accessory) box.append(el("div", { class: "accessory" }, drawElement(block.accessory, block, hands)));
  return box;
}

function piece(part, hands) {
  if (part.type === "image") return picture(part, hands, "tiny");
  return el("span", { class: "text" }, textOf(part));
}

function image(block, hands) {
  const box = el("figure", { class: "block" });
  if (block.title) box.append(el("figcaption", {}, textOf(block.title)));
  box.append(picture(block, hands, "large"));
  return box;
}

/** A picture of the workspace's own; one from elsewhere is not fetched: its words stand in. */
export function picture(part, hands, size) {
  const id = part.slack_file?.id ?? /\/files-pri\/[^/]*?-(F[^/]+)\//.exec(part.image_url ?? part.slack_file?.url ?? "")?.[1];
  const instead = () => el("span", { class: "picture" }, el("span", {}, icon("picture"), ` ${part.alt_text}`), part.image_url ? el("small", {}, part.image_url) : "");
  if (!id || !hands.picture) return instead();
  const shown = el("img", { class: size, alt: part.alt_text });
  hands.picture(id, shown).catch(() => shown.replaceWith(instead()));
  return shown;
}

/** The little of Markdown that reads well as lines: heads, lists, code, strong words. */
function markdown(words) {
  return words.split("\n").map((line) => {
    const head = /^#{1,6} (.*)$/.exec(line);
    if (head) return el("strong", { class: "line" }, withEmoji(head[1]));
    const marked = line.replace(/\*\*(.+?)\*\*/g, "*$1*").replace(/^\s*[-*] /, "• ");
    return el("span", { class: "line" }, mrkdwn(marked.replaceAll("&", "&amp;").replaceAll("<", "&lt;")));
  });
}

function table(block) {
  const [head, ...rows] = block.rows;
  const align = (at) => (block.column_settings?.[at]?.align ? `to-${block.column_settings[at].align}` : null);
  const row = (cells, tag) =>
    el("tr", {}, cells.map((cell, at) => el(tag, { class: align(at), scope: tag === "th" ? "col" : null }, cellOf(cell))));
  return el(
    "div",
    { class: "block table", tabindex: "0", role: "group", "aria-label": "Table" },
    el("table", {}, el("thead", {}, row(head ?? [], "th")), el("tbody", {}, rows.map((cells) => row(cells, "td")))),
  );
}

function cellOf(cell) {
  if (cell.type === "rich_text") return richText(cell);
  return String(cell.text ?? cell.value ?? "");
}

/** A block of tomorrow: its name, and every word in it. */
export function unknown(part) {
  return el(
    "div",
    { class: "block unknown" },
    el("strong", {}, part.type),
    ...harvest(part).map((words) => el("span", { class: "line" }, words)),
    el("details", {}, el("summary", {}, "as sent"), el("pre", {}, JSON.stringify(part, null, 2))),
  );
}

function harvest(part) {
  if (Array.isArray(part)) return part.flatMap(harvest);
  if (part === null || typeof part !== "object") return [];
  if (["plain_text", "mrkdwn"].includes(part.type) && typeof part.text === "string") return [wordsOf(part)];
  if (part.type === "rich_text" && Array.isArray(part.elements)) return [el("span", {}, richText(part))];
  const own = Object.entries(part).flatMap(([name, value]) =>
    ["text", "title", "body", "alt_text"].includes(name) && typeof value === "string" ? [value] : harvest(value),
  );
  return own;
}
