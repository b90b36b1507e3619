// The list of conversations at the left: channels, direct messages, the app.

import { el, keyed } from "./dom.js";
import { icon } from "./icons.js";

/** Draw it into `nav`; `read` knows the newest message seen in each place. */
export function drawPlaces(app, nav) {
  const { places } = app.state.seen;
  const channels = places.filter((one) => one.kind !== "im");
  const people = places.filter((one) => one.kind === "im" && one.with !== app.offers.app);
  const home = places.find((one) => one.with === app.offers.app) ?? { id: app.appChannel(), newest: "" };
  const entries = [
    { head: "Channels", id: "channels" },
    ...channels.map((one) => entry(app, one, one.kind === "private" ? "lock" : "#", one.name)),
    { head: "Direct messages", id: "directs" },
    ...people.map((one) => entry(app, one, "dot", app.nameOf(one.with))),
    { head: "Apps", id: "apps" },
    { ...entry(app, home, "check", "Set Action"), app: true },
  ];
  let list = nav.querySelector("ul");
  if (!list) nav.append(el("p", { class: "team" }, "Sandbox"), (list = el("ul")));
  keyed(list, entries, (one) => one.id, (one) => draw(app, one));
}

function entry(app, place, sign, words) {
  const here = place.id === app.state.channel;
  if (here) app.read(place.id, place.newest);
  const news = !here && place.newest > app.readUpTo(place.id);
  return { id: place.id, sign, words, here, news, archived: place.archived };
}

function draw(app, one) {
  if (one.head) return el("li", { class: "head" }, one.head);
  const open = () => (one.app ? app.openApp() : app.go({ channel: one.id, thread: null, tab: "messages", menu: false }));
  const label = `${one.words}${one.archived ? ", archived" : ""}${one.news ? ", unread" : ""}`;
  const button = el(
    "button",
    { type: "button", "aria-current": one.here ? "page" : null, "aria-label": label, class: one.news ? "news" : null, "data-focus": "place", onclick: open },
    el("span", { class: "sign", "aria-hidden": "true" }, one.sign === "#" ? "#" : icon(one.sign)),
    el("span", {}, one.words),
    one.archived ? el("small", {}, "archived") : "",
  );
  return el("li", {}, button);
}
