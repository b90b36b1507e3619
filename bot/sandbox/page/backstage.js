// Behind the scenes: the bot's process, and each cluster's customers, moods and requests.

import { attempt, el, keyed } from "./dom.js";
import { ask } from "./server.js";

/** Draw it into `aside`. */
export function drawBackstage(app, aside) {
  let parts = aside.querySelector(".parts");
  if (!parts) {
    const close = { type: "button", class: "plain", "aria-label": "Close behind the scenes", onclick: () => app.go({ backstage: false }) };
    parts = el("div", { class: "parts" });
    aside.append(el("header", {}, el("h2", {}, "Behind the scenes"), el("button", close, "✕")), parts);
  }
  const { bot, clusters } = app.state.seen;
  const items = [{ bot }, ...clusters.map((cluster) => ({ cluster }))];
  keyed(parts, items, (one) => one.cluster?.key ?? "bot", (one) => (one.bot ? botCard(one.bot) : clusterCard(app, one.cluster)));
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

function clusterCard(app, cluster) {
  const total = Object.values(cluster.states).reduce((sum, count) => sum + count, 0);
  const manner = app.offers.manners.find((one) => one.key === cluster.manner);
  const change = (event) => attempt(() => ask(`manner/${cluster.key}/${event.target.value}`, {}));
  const id = `manner-${cluster.key}`;
  const options = app.offers.manners.map((one) => el("option", { value: one.key, selected: one.key === cluster.manner }, one.name));
  return el(
    "section",
    { class: "card" },
    el("h3", {}, cluster.name, el("code", {}, cluster.key)),
    el("ul", { class: "states", "aria-label": `Customers of ${cluster.name} by state` },
      Object.entries(cluster.states).map(([name, count]) => state(name, count, total))),
    el("label", { for: id }, "Mood"),
    el("select", { id, "data-focus": "mood", onchange: change }, options),
    el("p", { class: "hint" }, manner.words),
    el("h4", {}, "Requests it got"),
    cluster.requests.length
      ? el("ol", { class: "requests", tabindex: "0", "aria-label": `Requests ${cluster.name} got, newest first` }, cluster.requests.map(request))
      : el("p", { class: "hint" }, "None yet."),
  );
}

function state(name, count, total) {
  const bar = el("span", { class: "fill" });
  bar.style.inlineSize = `${(100 * count) / (total || 1)}%`;
  return el("li", {}, el("span", {}, name), el("span", { class: "bar", "aria-hidden": "true" }, bar), el("strong", {}, String(count)));
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
