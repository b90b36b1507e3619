// Where people write: words or a slash command with completion, files, and the send button.

import { completions } from "./completion.js";
import { attempt, el, fresh, toast } from "./dom.js";
import { icon } from "./icons.js";
import { act } from "./server.js";

/** A composer for a channel, or (`inThread`) for the thread that is open. Drawn once; it looks up where it is. */
export class Composer {
  constructor(app, { inThread }) {
    this.app = app;
    this.inThread = inThread;
    this.files = [];
    this.drafts = new Map();
    this.where = this.place();
    app.composers.push(this);
    this.offered = [];
    this.at = -1;
    this.stepped = false;
    const list = fresh("completion");
    this.list = el("ul", { id: list, class: "completions", role: "listbox", "aria-label": "Completions", hidden: true });
    this.field = el("textarea", {
      rows: 1,
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": list,
      "aria-label": inThread ? "Reply in the thread" : "Message or slash command",
      oninput: () => this.offer(),
      onkeydown: (event) => this.key(event),
      onblur: () => setTimeout(() => this.fold(), 150),
    });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, onchange: () => this.pick() });
    this.attached = el("ul", { class: "attached" });
    const clip = { type: "button", class: "plain", "aria-label": "Attach a file", onclick: () => this.picker.click() };
    const slash = { type: "button", class: "plain", "aria-label": "Slash commands", onclick: () => this.slash() };
    this.box = el(
      "form",
      { class: "composer", onsubmit: (event) => this.send(event) },
      this.list,
      this.field,
      this.attached,
      this.picker,
      el(
        "div",
        { class: "row" },
        el("button", clip, icon("clip")),
        inThread ? "" : el("button", slash, "/"),
        el("span", { class: "keys" }, inThread ? "Enter sends" : "Enter sends · Tab completes · / for commands"),
        el("button", { type: "submit", class: "primary send", "aria-label": "Send" }, icon("send")),
      ),
    );
  }

  /** What is written in an empty field. */
  hint(words) {
    this.field.placeholder = words;
  }

  place() {
    const { me, channel, thread } = this.app.state;
    return JSON.stringify(this.inThread ? [me, channel, thread] : [me, channel]);
  }

  /** The person is, or is somebody, elsewhere: what was written waits for their return. */
  move() {
    const where = this.place();
    if (where === this.where) return;
    this.drafts.set(this.where, { words: this.field.value, files: this.files });
    this.where = where;
    this.put(this.drafts.get(where) ?? { words: "", files: [] });
  }

  put({ words, files }) {
    this.field.value = words;
    this.files = files;
    this.fold();
    this.fit();
    this.draw();
  }

  slash() {
    this.field.value = "/";
    this.field.focus();
    this.offer();
  }

  offer() {
    this.fit();
    const before = this.field.value.slice(0, this.field.selectionStart);
    this.offered = this.inThread ? [] : completions(this.app.offers, before);
    this.at = this.offered.length ? 0 : -1;
    this.stepped = false;
    this.list.replaceChildren(
      ...this.offered.map((one, at) => {
        const take = (event) => {
          event.preventDefault();
          this.take(one);
        };
        const attributes = { id: `${this.list.id}-${at}`, role: "option", onmousedown: take };
        return el("li", attributes, el("strong", {}, one.words), el("span", {}, one.hint ?? ""));
      }),
    );
    this.mark();
  }

  mark() {
    const open = this.offered.length > 0;
    this.list.hidden = !open;
    this.field.setAttribute("aria-expanded", String(open));
    [...this.list.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === this.at)));
    const current = this.list.children[this.at];
    if (current) {
      this.field.setAttribute("aria-activedescendant", current.id);
      current.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  fold() {
    this.offered = [];
    this.mark();
  }

  take(one) {
    const { field } = this;
    const caret = field.selectionStart;
    const before = field.value.slice(0, caret).replace(/\S*$/, one.fills);
    field.value = before + field.value.slice(caret);
    field.setSelectionRange(before.length, before.length);
    field.focus();
    this.offer();
  }

  key(event) {
    const open = this.offered.length > 0;
    if (event.key === "Escape" && open) {
      event.preventDefault();
      return this.fold();
    }
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.stepped = true;
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.offered.length) % this.offered.length;
      return this.mark();
    }
    const chosen = this.offered[this.at];
    if (open && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      return this.take(chosen);
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return undefined;
    event.preventDefault();
    const word = /\S*$/.exec(this.field.value)[0];
    const unfinished = open && chosen.partly && word && word !== chosen.fills.trim();
    if (open && (this.stepped || unfinished)) return this.take(chosen);
    return this.box.requestSubmit();
  }

  async pick() {
    this.files.push(...this.picker.files);
    this.picker.value = "";
    this.draw();
    this.field.focus();
  }

  draw() {
    this.attached.replaceChildren(
      ...this.files.map((file, at) => {
        const drop = () => {
          this.files.splice(at, 1);
          this.draw();
          this.field.focus();
        };
        return el("li", {}, icon("clip"), ` ${file.name} `, el("button", { type: "button", class: "plain", "aria-label": `Remove ${file.name}`, onclick: drop }, icon("close")));
      }),
    );
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 180)}px`;
  }

  async send(event) {
    event.preventDefault();
    const words = this.field.value.trim();
    if (!words && !this.files.length) return;
    if (words.startsWith("/") && this.inThread) {
      toast("Slack takes no slash commands inside a thread: type it in the channel.");
      return;
    }
    const { files, where } = this;
    this.put({ words: "", files: [] });
    const done = await attempt(() => this.deliver(words, files).then(() => true));
    if (done) return;
    if (this.where === where) this.put({ words, files });
    else this.drafts.set(where, { words, files });
  }

  async deliver(words, files) {
    const { me, channel, thread } = this.app.state;
    const place = { user: me, channel, thread: this.inThread ? thread : null };
    if (words.startsWith("/") && !files.length) {
      const [name] = words.split(/\s/);
      const known = this.app.offers.commands.map((one) => one.command);
      if (!known.includes(name)) throw new Error(`${name} is not a command here. There are ${known.join(" and ")}.`);
      await act("command", { user: me, channel, line: words });
    } else if (!files.length) await act("say", { ...place, words });
    else {
      const ids = [];
      for (const file of files) ids.push(await this.app.attach(file));
      await act("share", { ...place, files: ids, words });
    }
  }
}
