// Slack's text as nodes: entities resolved, escapes undone, emoji drawn, marks as elements. Builds no mark-up.

import { el } from "./dom.js";

let offers = { names: {}, emoji: {} };
/** Names and emoji come from the server, once. */
export function speak(told) {
  offers = told;
}

const FENCE = /```\n?([\s\S]*?)\n?```/;
const PIECES = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    "(https?:\\/\\/[^\\s<>|*`]*[^\\s<>|*`.,;:!?'\")\\]}])",
    ":([a-z0-9_+\\-]+):",
    "(?<![\\w*])\\*(?=\\S)([^*\\n]+?)(?<=\\S)\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)([^_\\n]+?)(?<=\\S)_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)([^~\\n]+?)(?<=\\S)~(?![\\w~])",
  ].join("|"),
);

export const unescaped = (words) => words.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Known `:names:` drawn, others left as they are. */
export const withEmoji = (words) => words.replace(/:([a-z0-9_+\-]+):/g, (found, name) => offers.emoji[name] ?? found);

/** How an id is shown in running text. */
export const nameOf = (id) => offers.names[id] ?? id;

/** A text object. */
export function textOf(part) {
  if (!part) return [];
  if (part.type === "mrkdwn") return mrkdwn(part.text);
  return [part.emoji === false ? part.text : withEmoji(part.text)];
}

/** The same as bare words, for labels and options. */
export const wordsOf = (part) => (part ? textOf(part).map((node) => node.textContent ?? node).join("") : "");

/** Nodes of mrkdwn, several lines and fences included. */
export function mrkdwn(words) {
  const fence = FENCE.exec(words);
  if (!fence) return lines(words);
  const before = words.slice(0, fence.index);
  const after = words.slice(fence.index + fence[0].length);
  return [...lines(before), el("pre", {}, unescaped(fence[1])), ...mrkdwn(after)].filter((node) => node !== "");
}

function lines(words) {
  const nodes = [];
  let quote = null;
  const all = words.split("\n");
  all.forEach((line, at) => {
    const quoted = /^(?:&gt;|>) ?/.exec(line);
    if (quoted) {
      if (!quote) nodes.push((quote = el("blockquote")));
      else quote.append("\n");
      quote.append(...inline(line.slice(quoted[0].length)));
      return;
    }
    quote = null;
    nodes.push(...inline(line));
    if (at < all.length - 1) nodes.push("\n");
  });
  return nodes;
}

function inline(words) {
  const found = PIECES.exec(words);
  if (!found) return words ? [unescaped(words)] : [];
  const before = words.slice(0, found.index);
  return [...(before ? [unescaped(before)] : []), drawn(found), ...inline(words.slice(found.index + found[0].length))];
}

function drawn([all, code, target, address, emoji, bold, italic, struck]) {
  if (code !== undefined) return el("code", {}, unescaped(code));
  if (target !== undefined) return entity(target);
  if (address !== undefined) return link(unescaped(address), "");
  if (emoji !== undefined) return emojiOf(emoji, all);
  if (bold !== undefined) return el("strong", {}, inline(bold));
  if (italic !== undefined) return el("em", {}, inline(italic));
  return el("s", {}, inline(struck));
}

function emojiOf(name, otherwise) {
  const sign = offers.emoji[name];
  return sign ? el("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " ") }, sign) : otherwise;
}

function entity(body) {
  const [target, ...rest] = body.split("|");
  const label = unescaped(rest.join("|"));
  if (target.startsWith("!date^")) return date(target.split("^"), label);
  if (target.startsWith("!subteam^")) return mention(label || nameOf(target.slice(9)));
  if (target.startsWith("!")) return mention(`@${target.slice(1)}`);
  if (target[0] === "@" || target[0] === "#") {
    return mention(offers.names[target.slice(1)] ?? (label ? target[0] + label : target));
  }
  return link(unescaped(target), label);
}

export const mention = (words) => el("span", { class: "mention" }, words);

const MESSAGE = /\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})(?:\?thread_ts=([\d.]+))?/;

/** A link that opens beside the page, or a message of the workspace in it; other schemes than these stay words. */
export function link(address, label) {
  const there = MESSAGE.exec(address);
  if (there) {
    const detail = { channel: there[1], thread: there[4] ?? `${there[2]}.${there[3]}` };
    const go = () => document.dispatchEvent(new CustomEvent("goto", { detail }));
    return el("button", { type: "button", class: "link", onclick: go }, label || address);
  }
  if (!/^(https?|mailto):/i.test(address)) return label || address;
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label || address);
}

function date([, seconds, form], otherwise) {
  return /^\d+$/.test(seconds) ? moment(Number(seconds), form ?? "{date} {time}") : otherwise;
}

/** A time as Slack writes it in the reader's zone; an unknown token stays as it is. */
export function moment(seconds, form) {
  const at = new Date(seconds * 1000);
  const words = form.replace(/\{(\w+)\}/g, (found, token) => {
    const pretty = token.endsWith("_pretty") && relative(at);
    return pretty || (FORMATS[token.replace("_pretty", "")]?.(at) ?? found);
  });
  return el("time", { datetime: at.toISOString(), title: at.toLocaleString() }, words);
}

const two = (number) => String(number).padStart(2, "0");
const spelt = (options) => (at) => at.toLocaleDateString("en-US", options);
const FORMATS = {
  date_num: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  date_slash: (at) => `${at.getFullYear()}/${two(at.getMonth() + 1)}/${two(at.getDate())}`,
  date: spelt({ month: "long", day: "numeric", year: "numeric" }),
  date_short: spelt({ month: "short", day: "numeric", year: "numeric" }),
  date_long: spelt({ weekday: "long", month: "long", day: "numeric", year: "numeric" }),
  time: (at) => `${two(at.getHours())}:${two(at.getMinutes())}`,
  time_secs: (at) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
  ago: (at) => ago((Date.now() - at) / 1000),
};

function relative(at) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  return { 0: "today", 1: "yesterday", "-1": "tomorrow" }[days];
}

function ago(seconds) {
  const amount = Math.abs(seconds);
  const [unit, length] = [["day", 86_400], ["hour", 3600], ["minute", 60]].find(([, s]) => amount >= s) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.round(seconds / length), unit);
}
