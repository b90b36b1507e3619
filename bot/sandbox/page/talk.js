// The middle of the page and the thread beside it: what is said, and where one answers.

import { Composer } from "./composer.js";
import { announce, el, keyed } from "./dom.js";
import { icon } from "./icons.js";
import { drawMessage, isHidden } from "./messages.js";
import { mrkdwn } from "./mrkdwn.js";
import { drawHome } from "./views.js";

const NEAR = 80; // pixels from the end that still count as reading along

/** Keeps a list at its end while its reader is there, whatever grows; the answer goes there. */
function follow(scroll, list) {
  let along = true;
  let height = 0;
  const end = () => {
    height = scroll.scrollHeight;
    if (along) scroll.scrollTop = scroll.scrollHeight;
  };
  scroll.addEventListener("scroll", () => {
    if (scroll.scrollHeight !== height) return; // it grew or shrank: the reader has not moved
    along = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
  });
  const watching = new ResizeObserver(end);
  watching.observe(scroll);
  watching.observe(list);
  return () => {
    along = true;
    end();
  };
}

/** The channel, the direct message or the app: a head, the home tab or messages, and a composer. */
export class Middle {
  constructor(app, main) {
    this.app = app;
    this.head = el("header", { class: "head" });
    this.list = el("ol", { class: "messages", "aria-label": "Messages" });
    this.scroll = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Messages" }, this.list);
    this.home = el("div", { class: "home", hidden: true });
    this.toEnd = follow(this.scroll, this.list);
    this.welcome = el("div", { class: "welcome", hidden: true });
    this.scroll.append(this.welcome);
    this.guide = el("div", { class: "guide", role: "status", hidden: true });
    this.away = el("p", { class: "away", role: "status" });
    this.composer = new Composer(app, { inThread: false });
    this.composer.box.id = "composer";
    this.known = new Known();
    main.replaceChildren(this.head, this.home, this.scroll, this.away, this.guide, this.composer.box);
  }

  draw() {
    const { app } = this;
    const { seen, channel, tab } = app.state;
    const place = seen.places.find((one) => one.id === channel);
    const isApp = place?.with === app.offers.app;
    const title = isApp ? "Set Action" : place?.with ? app.nameOf(place.with) : `${place?.kind === "private" ? "" : "#"}${place?.name ?? ""}`;
    keyed(this.head, [{ title, isApp, tab, kind: place?.kind, archived: place?.archived, bot: place?.bot }], () => "head", (one) => this.drawHead(one));
    const home = isApp && tab === "home";
    this.home.hidden = !home;
    this.scroll.hidden = home;
    this.composer.box.hidden = home || Boolean(place?.archived);
    this.composer.hint(`Message ${title}`);
    this.away.textContent = seen.away ? "Slack is away. The job goes on." : "";
    if (home) drawHome(app, this.home, seen.home);
    drawList(this, seen.messages, channel, { inThread: false });
    this.drawWelcome(seen.messages.length === 0 && !home, title, isApp);
    this.drawGuide();
  }

  drawWelcome(empty, title, isApp) {
    this.welcome.hidden = !empty;
    if (!empty || this.welcome.dataset.title === title) return;
    this.welcome.dataset.title = title;
    const words = isApp
      ? "What the bot tells you alone comes here."
      : "Type / for commands, or start with a situation: the bot is real, the cluster is not.";
    const start = { type: "button", class: "primary", onclick: () => document.getElementById("situations").click() };
    this.welcome.replaceChildren(
      el("h3", {}, `This is ${title}`),
      el("p", {}, words),
      isApp ? "" : el("button", start, icon("play"), " Choose a situation"),
    );
  }

  drawHead({ title, isApp, tab, kind, archived, bot }) {
    const open = (name) => () => this.app.openApp(name);
    const button = (name, words) =>
      el("button", { type: "button", "aria-pressed": String(tab === name), "data-focus": name, onclick: open(name) }, words);
    return el(
      "div",
      {},
      el("h2", {}, kind === "private" ? icon("lock") : "", title),
      isApp ? el("div", { class: "tabs", role: "group", "aria-label": "Tabs" }, button("home", "Home"), button("messages", "Messages")) : "",
      archived ? el("small", {}, "This channel is archived.") : "",
      !isApp && !archived && !bot ? el("small", {}, "Set Action is not a member here.") : "",
    );
  }

  drawGuide() {
    const { guide } = this.app.state;
    this.guide.hidden = !guide;
    if (!guide || this.guide.dataset.words === guide.words) return;
    this.guide.dataset.words = guide.words;
    const close = { type: "button", class: "plain", "aria-label": "Close this hint", onclick: () => this.app.go({ guide: null }) };
    this.guide.replaceChildren(el("p", {}, el("strong", {}, `${guide.name}. `), mrkdwn(guide.words)), el("button", close, icon("close")));
  }
}

/** The thread that is open, if one is. */
export class Side {
  constructor(app, aside) {
    this.app = app;
    this.aside = aside;
    this.list = el("ol", { class: "messages", "aria-label": "Messages of the thread" });
    this.scroll = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Thread" }, this.list);
    this.toEnd = follow(this.scroll, this.list);
    this.composer = new Composer(app, { inThread: true });
    this.composer.hint("Reply…");
    this.known = new Known();
    const close = { type: "button", class: "plain", "aria-label": "Close the thread", onclick: () => app.closeThread() };
    aside.append(el("header", {}, el("h2", {}, "Thread"), el("button", close, icon("close"))), this.scroll, this.composer.box);
    aside.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) app.closeThread();
    });
  }

  draw() {
    const { seen, thread, focus } = this.app.state;
    this.aside.hidden = !thread;
    if (!thread) return;
    drawList(this, seen.thread ?? [], thread, { inThread: true });
    if (focus !== "thread") return;
    this.app.state.focus = null;
    this.composer.field.focus();
  }
}

/** Which messages of a place were drawn before, to read out the new ones only. */
class Known {
  constructor() {
    this.where = "";
    this.all = new Set();
  }

  /** Those of `messages` that are new since the last time here; none on arriving. */
  news(where, messages) {
    const arrived = this.where === where;
    const before = this.all;
    this.where = where;
    this.all = new Set(messages.map((one) => one.ts));
    return arrived ? messages.filter((one) => !before.has(one.ts)) : [];
  }
}

function drawList({ app, list, known, toEnd }, messages, where, how) {
  const shown = messages.filter((one) => !isHidden(one));
  const moved = known.where !== `${app.state.me}/${where}`;
  const news = known.news(`${app.state.me}/${where}`, messages);
  keyed(list, shown, (one) => one.ts, (one) => drawMessage(app, one, how), app.state.me);
  if (moved) toEnd();
  const last = news.filter((one) => one.user !== app.state.me).at(-1);
  if (last) announce(`${app.nameOf(last.user)}: ${list.lastElementChild?.querySelector(".blocks, .text")?.textContent.slice(0, 300) ?? last.text}`);
}
