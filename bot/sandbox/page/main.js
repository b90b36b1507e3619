// The page: what is looked at, one loop that fetches it whenever something changed, one drawing of all of it.

import { drawBackstage } from "./backstage.js";
import { attempt, el, toast } from "./dom.js";
import { picture } from "./files.js";
import { speak, nameOf } from "./mrkdwn.js";
import { drawPlaces } from "./places.js";
import { act, ask, packed, Refused } from "./server.js";
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
      theme: this.recall("theme") ?? "auto",
      menu: false,
      backstage: innerWidth >= WIDE,
      guide: null,
      focus: null,
      seen: null,
    };
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
    const top = drawTop(this, byId("top"));
    this.parts = [
      top,
      () => drawPlaces(this, byId("places")),
      () => middle.draw(),
      () => side.draw(),
      () => drawBackstage(this, byId("backstage")),
      () => modal.show(this.state.seen.form),
      () => this.arrange(),
    ];
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      byId("main").focus();
    });
    document.addEventListener("goto", ({ detail }) => this.go({ ...detail, tab: "messages" }));
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
    if (where(this.state) !== before) {
      this.after = 0;
      this.looking.abort();
    } else this.draw();
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
      this.looking = new AbortController();
      const { me: user, channel, thread } = this.state;
      try {
        const seen = await ask("look", { user, channel, thread, after: this.after }, this.looking.signal);
        if (this.looking.signal.aborted) continue;
        this.after = seen.beat;
        this.state.seen = seen;
        this.alive(true);
        this.drawSafely();
      } catch (problem) {
        if (this.looking.signal.aborted) continue;
        await this.lost(problem);
      }
    }
  }

  /** A place that cannot be seen (any more): back to the start. No answer: the sandbox has gone. */
  async lost(problem) {
    this.after = 0;
    const { channel } = this.offers.start;
    if (problem instanceof Refused && this.state.channel !== channel) Object.assign(this.state, { channel, thread: null });
    else this.alive(false);
    await new Promise((resolve) => setTimeout(resolve, 1000));
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
    const attach = async (file) => (await act("attach", { user: this.state.me, file: await packed(file) })).file;
    return { people, places, attach, picture };
  }

  tour() {
    tour(() => this.remember("toured", "yes"));
  }

  remember(name, value) {
    try {
      localStorage.setItem(`set-action-${name}`, value);
    } catch {
      // a browser that keeps nothing: then it is asked again
    }
  }

  recall(name) {
    try {
      return localStorage.getItem(`set-action-${name}`);
    } catch {
      return null;
    }
  }
}

async function begin() {
  try {
    const offers = await ask("offers");
    speak(offers);
    const app = new App(offers);
    app.start();
    if (!app.recall("toured")) app.tour();
  } catch (problem) {
    const words = problem instanceof Refused ? problem.message : "The sandbox does not answer.";
    document.getElementById("main").replaceChildren(el("p", { class: "starting" }, words));
    if (!(problem instanceof Refused)) toast(String(problem));
  }
}

begin();
