// Behind the scenes: the bot's process, and each cluster's customers, moods and requests.

import { attempt, el, keyed } from "./dom.js";
import { icon } from "./icons.js";
import { ask } from "./server.js";

/** The panel, drawn once; what comes out brings it up to date and leaves what is under the hand where it is. */
export function drawBackstage(app, aside) {
  const close = { type: "button", class: "plain", "aria-label": "Close behind the scenes", onclick: () => app.go({ backstage: false }) };
  const bot = el("div", {});
  const clusters = new Map();
  const parts = el("div", { class: "parts" }, bot);
  aside.append(el("header", {}, el("h2", {}, "Behind the scenes"), el("button", close, icon("close"))), parts);
  return () => {
    const { seen } = app.state;
    keyed(bot, [seen.bot], () => "bot", botCard);
    for (const cluster of seen.clusters) {
      if (!clusters.has(cluster.key)) {
        clusters.set(cluster.key, clusterCard(app, cluster));
        parts.append(clusters.get(cluster.key).card);
      }
      clusters.get(cluster.key).update(cluster);
    }
  };
}

const BOT = {
  running: "is running",
  starting: "is starting…",
  dead: "is dead",
};

function botCard(bot) {
  const order = (name) => () => attempt(() => ask(`bot/${name}`, {}));
  const alive = bot.state !== "dead";
  return el(
    "section",
    { class: "card" },
    el("h3", {}, "The bot"),
    el(
      "p",
      { class: `state ${bot.state}` },
      `The real bot ${BOT[bot.state]}${bot.number && alive ? `, process ${bot.number}` : ""}.`,
    ),
    alive
      ? el("button", { type: "button", class: "danger", "data-focus": "bot", disabled: bot.state !== "running", onclick: order("kill") }, "Kill it (kill -9)")
      : el("button", { type: "button", class: "primary", "data-focus": "bot", onclick: order("start") }, "Start it again"),
  );
}

function clusterCard(app, { key, name }) {
  const id = `manner-${key}`;
  const states = el("ul", { class: "states", "aria-label": `Customers of ${name} by state` });
  const options = app.offers.manners.map((one) => el("option", { value: one.key }, one.name));
  const change = () => attempt(() => ask(`manner/${key}/${mood.value}`, {}));
  const mood = el("select", { id, onchange: change }, options);
  const hint = el("p", { class: "hint" });
  const none = el("p", { class: "hint" }, "None yet.");
  const requests = el("ol", { class: "requests", tabindex: "0", "aria-label": `Requests ${name} got, newest first` });
  const head = el("h3", {}, name, el("code", {}, key));
  const card = el("section", { class: "card" }, head, states, el("label", { for: id }, "Mood"), mood, hint, el("h4", {}, "Requests it got"), none, requests);
  let told = null;
  const update = (cluster) => {
    const total = Object.values(cluster.states).reduce((sum, count) => sum + count, 0);
    keyed(states, Object.entries(cluster.states), ([state]) => state, ([state, count]) => bar(state, count, total));
    keyed(requests, cluster.requests, (one) => String(one.number), request);
    none.hidden = cluster.requests.length > 0;
    requests.hidden = !none.hidden;
    if (cluster.manner === told) return; // what is being chosen stays as it is
    told = cluster.manner;
    mood.value = told;
    hint.textContent = app.offers.manners.find((one) => one.key === told).words;
  };
  return { card, update };
}

function bar(name, count, total) {
  const fill = el("span", { class: "fill" });
  fill.style.inlineSize = `${(100 * count) / (total || 1)}%`;
  return el("li", {}, el("span", {}, name), el("span", { class: "bar", "aria-hidden": "true" }, fill), el("strong", {}, String(count)));
}

function request(one) {
  const ids = one.ids === "all" ? "all customers" : one.ids === 1 ? "1 id" : `${one.ids} ids`;
  return el(
    "li",
    { class: one.kind.toLowerCase() },
    el("strong", {}, one.kind),
    el("span", {}, `${one.what}, ${ids}`),
    el("small", {}, outcome(one)),
  );
}

function outcome(one) {
  const took = one.took === null ? "" : `, ${one.took.toFixed(1)} s`;
  const heard = one.end === "open" ? "under way…" : one.status === null ? `no answer${took}` : `${one.status}${took}`;
  if (one.kind === "GET") return heard;
  return `${heard} · ${one.arrived ? "arrived" : one.acted ? "doing it" : one.end === "open" ? "not done yet" : "nothing done"}`;
}
