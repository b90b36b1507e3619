// The app's views: a modal over the page, and the home tab. What is typed stays here until it is told.

import { drawBlocks } from "./blocks.js";
import { attempt, el, fresh, keepingFocus } from "./dom.js";
import { icon } from "./icons.js";
import { act } from "./server.js";
import { sent, simple } from "./values.js";

/** The hands for one view's elements: see elements.js. `typed` outlives the drawing. */
function handsFor(app, view, typed) {
  const key = (block, element) => `${block.block_id}/${element.action_id}`;
  const names = new Map();
  return {
    ...app.hands(),
    value: (block, element) => {
      const mine = typed.get(key(block, element));
      if (mine !== undefined) return mine;
      const state = view.values[block.block_id]?.[element.action_id];
      return state ? simple(state) : undefined;
    },
    error: (block) => view.errors[block.block_id],
    enter: (block, element, value) => {
      typed.set(key(block, element), value);
      names.set(key(block, element), block.block_id);
    },
    act: (block, element, value) =>
      attempt(async () => {
        await told(view, typed);
        const place = { view: view.id, action_id: element.action_id, block_id: block.block_id, value };
        if (element.type === "button" || element.type === "overflow") return act("press", place);
        return act("choose", { view: view.id, name: nameOf(block, element), value: sent(value) });
      }),
  };
}

const nameOf = (block, element) => (block.type === "input" ? block.block_id : element.action_id);

/** Everything typed that the view still has a field for, by the names the workspace knows. */
function entered(view, typed) {
  const values = {};
  for (const block of view.blocks) {
    if (block.type !== "input") continue;
    const mine = typed.get(`${block.block_id}/${block.element.action_id}`);
    if (mine !== undefined && !block.dispatch_action) values[block.block_id] = sent(mine);
  }
  return values;
}

async function told(view, typed) {
  const values = entered(view, typed);
  if (Object.keys(values).length) await act("fill", { view: view.id, values });
}

/** The modal. `show` gets the newest view, or null, whenever there is news. */
export class Modal {
  constructor(app) {
    this.app = app;
    this.box = el("dialog", { class: "dialog modal", id: "modal" });
    this.typed = new Map();
    this.print = "";
    this.view = null;
    this.under = new Set();
    this.box.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close(false);
    });
    document.body.append(this.box);
  }

  show(view) {
    const print = view ? JSON.stringify([view.id, view.hash, view.errors, view.complaint]) : "";
    if (print === this.print) return;
    const another = view?.id !== this.view?.id;
    if (another) this.typed = new Map();
    this.print = print;
    this.view = view;
    if (!view) return this.box.close();
    const kept = this.redraw();
    if (!this.box.open) this.box.showModal();
    this.focus(another, kept);
    return undefined;
  }

  redraw() {
    return keepingFocus(this.box, () => this.draw());
  }

  draw() {
    const { view } = this;
    const name = fresh("title");
    const hands = {
      ...handsFor(this.app, view, this.typed),
      meanwhile: (doing) => {
        this.under.add(doing);
        doing.finally(() => this.under.delete(doing));
      },
      redraw: () => this.view?.id === view.id && this.redraw(),
    };
    const cross = { type: "button", class: "plain", "aria-label": "Close the form", onclick: () => this.close(true) };
    const form = el("form", { novalidate: true, onsubmit: (event) => this.submit(event) });
    form.append(
      el("header", {}, el("h2", { id: name }, view.title), el("button", cross, icon("close"))),
      el(
        "div",
        { class: "inside", tabindex: "-1" },
        view.complaint ? el("p", { class: "complaint", role: "alert" }, view.complaint) : "",
        drawBlocks(view.blocks, hands),
      ),
      el(
        "footer",
        {},
        el("button", { type: "button", "data-focus": "close", onclick: () => this.close(false) }, view.close ?? "Cancel"),
        view.submit ? el("button", { type: "submit", class: "primary", "data-focus": "submit" }, view.submit) : "",
      ),
    );
    this.box.setAttribute("aria-labelledby", name);
    const old = this.box.querySelector(".inside")?.scrollTop ?? 0;
    this.box.replaceChildren(form);
    this.box.querySelector(".inside").scrollTop = old;
  }

  /** On what is wrong; on the first field of another view; else it stays, or what was pressed has gone. */
  focus(another, kept) {
    const find = (what) => this.box.querySelector(what);
    const wrong = find(".wrong input, .wrong select, .wrong textarea");
    const first = another ? (find("[autofocus]") ?? find(".inside :is(input, select, textarea, button)")) : null;
    if (wrong || another || !kept) (wrong ?? first ?? find(".inside")).focus();
  }

  async submit(event) {
    event.preventDefault();
    const button = event.submitter ?? this.box.querySelector("button[type=submit]");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const { view } = this;
    const ready = (await Promise.all(this.under)).every(Boolean);
    if (ready && this.view?.id === view.id) await attempt(() => act("submit", { view: view.id, values: entered(view, this.typed) }));
    button.removeAttribute("aria-busy");
  }

  /** Out of the way of what is shown behind it. */
  async leave() {
    if (this.view && (await this.close(true))) this.box.close(); // at once: nothing behind it takes the focus before
  }

  close(everything) {
    return attempt(() => act("close", { view: this.view.id, everything }));
  }
}

/** The home tab, drawn into `box` when it changed. */
export function drawHome(app, box, view) {
  const print = JSON.stringify(view);
  if (box.print === print) return;
  box.print = print;
  if (!view) return box.replaceChildren(el("p", { class: "empty" }, "The app has not drawn its home yet."));
  keepingFocus(box, () => box.replaceChildren(el("div", { class: "view" }, drawBlocks(view.blocks, handsFor(app, view, new Map())))));
  return undefined;
}
