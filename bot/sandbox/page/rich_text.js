// The rich_text block: sections, lists, quotes, code, and the runs inside.

import { el } from "./dom.js";
import { link, mention, moment, nameOf, withEmoji } from "./mrkdwn.js";

/** Nodes of a rich_text block or cell. */
export const richText = (block) => block.elements.map(section);

function section(part) {
  const inside = () => part.elements.map(run);
  switch (part.type) {
    case "rich_text_section":
      return el("div", { class: "text" }, inside());
    case "rich_text_list": {
      const list = el(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent ?? 0}` });
      if (part.style === "ordered" && part.offset) list.start = part.offset + 1;
      list.append(...part.elements.map((item) => el("li", {}, section(item))));
      return list;
    }
    case "rich_text_preformatted":
      return el("pre", {}, inside());
    case "rich_text_quote":
      return el("blockquote", {}, inside());
    default:
      return el("div", { class: "unknown" }, el("strong", {}, part.type));
  }
}

const RUNS = {
  text: (part) => part.text,
  link: (part) => link(part.url, part.text),
  emoji: (part) => withEmoji(`:${part.name}:`),
  date: (part) => moment(part.timestamp, part.format),
  broadcast: (part) => mention(`@${part.range}`),
  color: (part) => el("code", {}, part.value),
  user: (part) => mention(nameOf(part.user_id)),
  usergroup: (part) => mention(nameOf(part.usergroup_id)),
  channel: (part) => mention(nameOf(part.channel_id)),
};

function run(part) {
  let drawn = RUNS[part.type] ? RUNS[part.type](part) : el("em", {}, part.type);
  const tags = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };
  for (const [style, tag] of Object.entries(tags)) if (part.style?.[style]) drawn = el(tag, {}, drawn);
  return drawn;
}
