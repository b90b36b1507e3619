// The page's only way to make elements: text goes in as text, never as mark-up.

import { icon } from "./icons.js";

/** An element; `on…` attributes are listeners, false and null are left out, strings become text. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") made[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** The children of `parent` become what `draw` makes of `items`; what has not changed keeps its element. */
export function keyed(parent, items, keyOf, draw, also = "") {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const print = JSON.stringify(item) + also;
    const old = known.get(key);
    if (old?.print === print) return old;
    const made = draw(item);
    made.dataset.key = key;
    made.print = print;
    made.before = old;
    return made;
  });
  const focus = focused(parent);
  const keep = new Set(wanted);
  for (const node of [...parent.children]) if (!keep.has(node)) node.remove();
  wanted.forEach((node, at) => {
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
    node.before = undefined;
  });
  focus?.();
}

/** What puts the focus back where it was, should its element be drawn anew. */
function focused(parent) {
  const active = document.activeElement;
  const child = active && [...parent.children].find((node) => node.contains(active));
  if (!child) return null;
  const { key } = child.dataset;
  const name = active.dataset.focus;
  return () => {
    if (document.contains(active)) return;
    const now = [...parent.children].find((node) => node.dataset.key === key);
    const same = name && now && [...now.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === name);
    (same || now?.querySelector("button") || now)?.focus?.();
  };
}

/** Draw `box` anew and keep the focus where it was: on the element of that name, counted from the top. */
export function keepingFocus(box, draw) {
  const active = document.activeElement;
  const { focus: name } = box.contains(active) ? active.dataset : {};
  const named = () => [...box.querySelectorAll("[data-focus]")].filter((node) => node.dataset.focus === name);
  const at = named().indexOf(active);
  const caret = active?.selectionStart ?? null;
  draw();
  const now = at < 0 ? null : named()[at];
  now?.focus();
  if (caret !== null) now?.setSelectionRange?.(caret, caret);
  return Boolean(now);
}

let lastId = 0;
/** An id nobody else has. */
export const fresh = (name) => `${name}-${++lastId}`;

/** Words in the corner, gone after a while; read out at once. */
export function toast(words) {
  const box = el("div", { class: "toast" }, words);
  box.append(el("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => box.remove() }, icon("close")));
  const all = document.getElementById("toasts");
  all.append(box);
  if (all.matches(":popover-open")) all.hidePopover();
  all.showPopover(); // once more: above whatever has opened since
  setTimeout(() => box.remove(), 8000);
}

/** Read out when there is time. */
export function announce(words) {
  document.getElementById("live").textContent = words;
}

/** Run it; what was refused is said, not thrown. */
export async function attempt(doing) {
  try {
    return await doing();
  } catch (problem) {
    toast(problem.message || String(problem));
    return null;
  }
}

/** A menu at an element: buttons by their words. */
export function menu(anchor, entries, label) {
  const box = el("div", { class: "menu", popover: "auto", role: "menu", "aria-label": label });
  for (const [words, chosen, hint] of entries) {
    const go = () => {
      box.hidePopover();
      chosen();
    };
    const button = el("button", { type: "button", role: "menuitem", onclick: go }, el("span", {}, words));
    if (hint) button.append(el("small", {}, hint));
    box.append(button);
  }
  box.addEventListener("keydown", (event) => step(box, event));
  box.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    box.remove();
    if (document.contains(anchor) && !document.querySelector("dialog[open]")) anchor.focus();
  });
  (anchor.closest("dialog") ?? document.body).append(box);
  box.showPopover();
  place(box, anchor);
  box.querySelector("button")?.focus();
}

function step(box, event) {
  const buttons = [...box.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  buttons[(to + buttons.length) % buttons.length].focus();
}

function place(box, anchor) {
  const at = anchor.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - box.offsetWidth - 8);
  const below = at.bottom + 4 + box.offsetHeight <= innerHeight;
  box.style.left = `${Math.max(8, left)}px`;
  box.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - box.offsetHeight - 4)}px`;
}
