// The bar at the top: menu, situations, tour, shortcuts, light or dark, and who you are.

import { dialog } from "./dialogs.js";
import { attempt, el, menu } from "./dom.js";
import { icon } from "./icons.js";
import { keep } from "./memory.js";
import { act, ask } from "./server.js";

const THEMES = { auto: "auto", light: "sun", dark: "moon" };

/** Draw the bar once; `update` keeps what changes up to date. */
export function drawTop(app, bar) {
  const person = el("button", { type: "button", class: "me", id: "me", "aria-haspopup": "menu", onclick: (event) => people(app, event.currentTarget) });
  const theme = el("button", { type: "button", class: "plain", id: "theme", onclick: () => turn(app) });
  const places = el("button", { type: "button", class: "plain menu-button", id: "menu", "aria-controls": "places", "aria-label": "Conversations", onclick: () => app.go({ menu: !app.state.menu }) }, icon("menu"));
  const backstage = el("button", { type: "button", id: "backstage-button", "aria-controls": "backstage", "aria-label": "Behind the scenes", onclick: () => app.go({ backstage: !app.state.backstage }) }, icon("sliders"), el("span", { class: "words" }, "Behind the scenes"));
  bar.append(
    places,
    el("h1", {}, el("span", { class: "mark", "aria-hidden": "true" }, icon("check")), el("span", { class: "words" }, "Set Action"), el("small", {}, "sandbox")),
    el("div", { class: "gap" }),
    el("button", { type: "button", class: "primary", id: "situations", "aria-label": "Situations", onclick: () => situations(app) }, icon("play"), el("span", { class: "words" }, "Situations")),
    el("button", { type: "button", id: "shortcuts", "aria-label": "Shortcuts", "aria-haspopup": "menu", onclick: (event) => shortcuts(app, event.currentTarget) }, icon("bolt"), el("span", { class: "words" }, "Shortcuts")),
    backstage,
    el("button", { type: "button", class: "plain", id: "tour-button", "aria-label": "Guided tour", onclick: () => app.tour() }, icon("question")),
    theme,
    person,
  );
  return () => {
    const me = app.offers.people.find((one) => one.id === app.state.me);
    person.replaceChildren(el("span", { class: `avatar of-${app.offers.people.indexOf(me)}`, "aria-hidden": "true" }, me.name[0]), el("span", {}, me.name, el("small", {}, me.role)));
    person.setAttribute("aria-label", `You are ${me.name}, ${me.role}. Switch person`);
    backstage.setAttribute("aria-expanded", String(app.state.backstage));
    places.setAttribute("aria-expanded", String(app.state.menu));
    theme.replaceChildren(icon(THEMES[app.state.theme]));
    theme.setAttribute("aria-label", `Colours: ${app.state.theme}. Change`);
    document.documentElement.dataset.theme = app.state.theme;
  };
}

function turn(app) {
  const names = Object.keys(THEMES);
  const theme = names[(names.indexOf(app.state.theme) + 1) % names.length];
  keep("theme", theme);
  app.go({ theme });
}

function people(app, anchor) {
  const entries = app.offers.people.map((one) => [
    `${one.name} · ${one.role}${one.id === app.state.me ? " ✓" : ""}`,
    () => app.become(one.id),
    one.does,
  ]);
  menu(anchor, entries, "Who you are");
}

function shortcuts(app, anchor) {
  const entries = app.offers.shortcuts
    .filter((one) => one.type === "global")
    .map((one) => [one.name, () => attempt(() => act("shortcut", { user: app.state.me, callback_id: one.callback_id, channel: app.state.channel })), "Set Action"]);
  menu(anchor, entries, "Shortcuts");
}

function situations(app) {
  return dialog(
    "Situations to try",
    (box) => {
      const play = (one) => {
        box.close("");
        return attempt(async () => {
          const { user, channel } = app.offers.start;
          app.go({ me: user, channel, thread: null, tab: "messages", menu: false, guide: null });
          const told = await ask(`situation/${one.key}`, {});
          app.go({ guide: { name: one.name, words: told.next } });
        });
      };
      const entry = (one) => el("button", { type: "button", class: "situation", onclick: () => play(one) }, el("strong", {}, one.name), el("span", {}, one.words));
      box.append(
        el("div", { class: "inside" },
          el("p", {}, "Each prepares the cluster and asks for something as Aster; then it is your turn."),
          el("div", { class: "situations" }, app.offers.situations.map(entry))),
      );
    },
    "wide",
  );
}
