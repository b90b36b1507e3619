// The page: what is looked at, one loop that fetches it whenever something changed, one drawing of all of it.

import { drawBackstage } from "./backstage.js";
import { attempt, el } from "./dom.js";
import { picture } from "./files.js";
import { keep, kept, note, noted } from "./memory.js";
import { speak, nameOf } from "./mrkdwn.js";
import { drawPlaces } from "./places.js";
import { act, ask, attached, Refused } from "./server.js";
import { Middle, Side } from "./talk.js";
import { drawTop } from "./top.js";
import { tour } from "./tour.js";
import { Modal } from "./views.js";

const WIDE = 1180; // pixels from which there is room behind the scenes

class App {
  constructor(offers) {
    this.offers = offers;
    this.state = {
      me: offers.start.user,
      channel: offers.start.channel,
      thread: null,
      tab: "messages",
      theme: kept("theme") ?? "auto",
      menu: false,
      backstage: innerWidth >= WIDE,
      guide: null,
      focus: null,
      seen: null,
      ...noted("place"),
    };
    this.composers = [];
    this.seenUpTo = new Map();
    this.after = 0;
    this.looking = new AbortController();
    this.parts = [];
  }

  /** Draw what there is, and keep at it. */
  start() {
    const byId = (id) => document.getElementById(id);
    const middle = new Middle(this, byId("main"));
    const side = new Side(this, byId("thread"));
    const modal = new Modal(this);
    const backstage = drawBackstage(this, byId("backstage"));
    const top = drawTop(this, byId("top"));
    this.parts = [
      top,
      () => drawPlaces(this, byId("places")),
      () => middle.draw(),
      () => side.draw(),
      backstage,
      () => modal.show(this.state.seen.form),
      () => this.arrange(),
    ];
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      byId("main").focus();
    });
    document.addEventListener("goto", async ({ detail }) => {
      await modal.leave();
      this.go({ ...detail, tab: "messages", focus: "thread" });
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.looking.abort());
    document.body.classList.add("drawn");
    this.watch();
  }

  arrange() {
    const { menu, backstage, thread } = this.state;
    document.body.classList.toggle("with-menu", menu);
    document.body.classList.toggle("with-backstage", backstage);
    document.body.classList.toggle("with-thread", Boolean(thread));
    document.getElementById("backstage").hidden = !backstage;
  }

  draw() {
    if (this.state.seen) for (const part of this.parts) part();
  }

  /** A fault of the drawing is the page's own: said in the console, and the next look may do better. */
  drawSafely() {
    try {
      this.draw();
    } catch (problem) {
      reportError(problem);
    }
  }

  /** Look at something else, or show something else of the page. */
  go(changes) {
    const where = (state) => [state.me, state.channel, state.thread].join("/");
    const before = where(this.state);
    Object.assign(this.state, changes);
    this.settle();
    if (where(this.state) !== before) {
      this.after = 0;
      this.looking.abort();
    } else this.draw();
  }

  /** Whoever is somewhere else now finds there what they wrote there; a reload finds them where they are. */
  settle() {
    const { me, channel, thread, tab, guide } = this.state;
    note("place", { me, channel, thread, tab, guide });
    for (const composer of this.composers) composer.move();
  }

  become(user) {
    const mine = this.state.channel === this.appChannel();
    const channel = mine ? `D${user.slice(1)}` : this.state.channel;
    this.go({ me: user, channel, thread: mine ? null : this.state.thread });
    if (mine) this.openApp();
  }

  appChannel() {
    return `D${this.state.me.slice(1)}`;
  }

  async openApp(tab = "home") {
    const user = this.state.me;
    const opened = await attempt(() => act("open_home", { user, tab }));
    if (opened) this.go({ channel: this.appChannel(), thread: null, tab, menu: false });
  }

  closeThread() {
    const { thread } = this.state;
    this.go({ thread: null });
    const parent = [...document.querySelectorAll("#main .message")].find((node) => node.dataset.ts === thread);
    (parent?.querySelector(".replies") ?? document.querySelector("#composer textarea")).focus();
  }

  async watch() {
    for (;;) {
      await shown();
      this.looking = new AbortController();
      const { me: user, channel, thread } = this.state;
      try {
        const seen = await ask("look", { user, channel, thread, after: this.after }, this.looking.signal);
        if (this.looking.signal.aborted) continue;
        this.alive(true);
        if (seen.lost) {
          this.back();
          await pause(100);
          continue;
        }
        this.after = seen.beat;
        this.state.seen = seen;
        this.drawSafely();
      } catch (problem) {
        if (this.looking.signal.aborted) continue;
        this.alive(false);
        this.after = 0;
        await pause(1000);
      }
    }
  }

  /** From a place that this person cannot see (any more) to where everybody is. */
  back() {
    const { user, channel } = this.offers.start;
    const me = this.state.channel === channel ? user : this.state.me;
    this.go({ me, channel, thread: null, tab: "messages" });
  }

  alive(yes) {
    document.body.classList.toggle("gone", !yes);
  }

  nameOf(id) {
    return nameOf(id).replace(/^@/, "");
  }

  read(place, ts) {
    this.seenUpTo.set(`${this.state.me}/${place}`, ts);
  }

  readUpTo(place) {
    return this.seenUpTo.get(`${this.state.me}/${place}`) ?? "";
  }

  /** What elements of blocks need wherever they are drawn; see elements.js. */
  hands() {
    const people = this.offers.people.map((one) => ({ value: one.id, words: one.name, more: one.role }));
    const places = (kinds) =>
      this.state.seen.places
        .filter((one) => !one.archived && (!kinds || kinds.includes(one.kind)))
        .map((one) => ({ value: one.id, words: one.with ? this.nameOf(one.with) : `#${one.name}` }));
    const attach = (file) => this.attach(file);
    return { people, places, attach, picture };
  }

  attach(file) {
    return attached(this.state.me, file, this.offers.largest);
  }

  tour() {
    tour(() => {
      keep("toured", "yes");
      document.querySelector("#composer textarea").focus();
    });
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Once the page is looked at: a hidden one asks for nothing, as a browser has six lines to a host for all tabs. */
const shown = () =>
  new Promise((resolve) => {
    if (document.hidden) document.addEventListener("visibilitychange", resolve, { once: true });
    else resolve();
  });

async function begin() {
  try {
    const offers = await ask("offers");
    speak(offers);
    const app = new App(offers);
    app.start();
    if (!kept("toured")) app.tour();
  } catch (problem) {
    const words = problem instanceof Refused ? problem.message : "The sandbox does not answer.";
    const head = el("h1", {}, "Set Action sandbox");
    document.getElementById("main").replaceChildren(el("div", { class: "starting" }, head, el("p", {}, words)));
    if (!(problem instanceof Refused)) reportError(problem);
  }
}

addEventListener("hashchange", () => location.reload()); // another address, as of a sandbox started again
begin();
