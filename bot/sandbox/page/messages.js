// A message: who, when, its blocks or its text, its files, its thread, and what can be done with it.

import { drawBlocks } from "./blocks.js";
import { attempt, el, menu } from "./dom.js";
import { drawFiles } from "./files.js";
import { icon } from "./icons.js";
import { note, noted } from "./memory.js";
import { mrkdwn } from "./mrkdwn.js";
import { act } from "./server.js";
import { sent } from "./values.js";

const hidden = new Set(noted("dismissed"));

/** Whether this person has put an ephemeral message away. */
export const isHidden = (message) => hidden.has(message.ts);

/** The message as an item of a list; in a thread it has no way into a thread. */
export function drawMessage(app, message, { inThread }) {
  const name = app.nameOf(message.user);
  const at = new Date(Number(message.ts) * 1000);
  const time = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  const box = el(
    "li",
    { class: `message${message.ephemeral ? " whisper" : ""}`, tabindex: "-1", "data-ts": message.ts },
    avatar(app, message.user),
    el(
      "div",
      { class: "body" },
      message.ephemeral ? whisper(app, message) : "",
      el(
        "div",
        { class: "who" },
        el("strong", {}, name),
        message.user === app.offers.app ? el("span", { class: "badge" }, "APP") : "",
        el("time", { datetime: at.toISOString(), title: at.toLocaleString() }, time),
        message.edited ? el("span", { class: "edited" }, "(edited)") : "",
      ),
      content(app, message),
      drawFiles(message.files),
      inThread ? "" : thread(app, message),
    ),
    message.ephemeral ? "" : tools(app, message, inThread),
  );
  return box;
}

function whisper(app, message) {
  const away = () => {
    hidden.add(message.ts);
    note("dismissed", [...hidden]);
    app.draw();
  };
  return el(
    "p",
    { class: "only" },
    icon("eye"),
    " Only visible to you · ",
    el("button", { type: "button", class: "link", onclick: away }, "Dismiss"),
  );
}

function content(app, message) {
  if (!message.blocks.length) return message.text ? el("div", { class: "text block" }, mrkdwn(message.text)) : "";
  return el("div", { class: "blocks" }, drawBlocks(message.blocks, handsFor(app, message)));
}

function handsFor(app, message) {
  const place = { channel: message.channel, ts: message.ts };
  const press = (block, element, value) => ({ ...place, action_id: element.action_id, block, value: sent(value) });
  return {
    ...app.hands(),
    // Whoever one is now: a message may still be drawn as somebody else saw it.
    act: (block, element, value) => attempt(() => act("click", { user: app.state.me, ...press(block, element, value) })),
  };
}

function avatar(app, user) {
  const kind = user === app.offers.app ? "app" : `of-${Math.max(0, app.offers.people.findIndex((one) => one.id === user))}`;
  return el("span", { class: `avatar ${kind}`, "aria-hidden": "true" }, user === app.offers.app ? icon("check") : app.nameOf(user)[0]);
}

function thread(app, message) {
  const count = message.replies + message.whispers;
  if (!count) return "";
  const words = count === 1 ? "1 reply" : `${count} replies`;
  const open = () => app.go({ thread: message.ts });
  return el("button", { type: "button", class: "replies", "data-focus": "thread", onclick: open }, icon("bubble"), ` ${words}`);
}

function tools(app, message, inThread) {
  const open = (event) => {
    const shortcuts = app.offers.shortcuts.filter((one) => one.type === "message");
    const entries = shortcuts.map((one) => [one.name, () => use(app, message, one), "Set Action"]);
    if (!inThread) entries.unshift(["Reply in thread", () => app.go({ thread: message.ts, focus: "thread" })]);
    menu(event.currentTarget, entries, "Message menu");
  };
  const label = `More actions for the message of ${app.nameOf(message.user)}`;
  const attributes = { type: "button", class: "dots", "aria-label": label, "aria-haspopup": "menu" };
  return el("div", { class: "tools" }, el("button", { ...attributes, "data-focus": "tools", onclick: open }, icon("dots")));
}

function use(app, message, shortcut) {
  const place = { channel: message.channel, ts: message.ts, callback_id: shortcut.callback_id };
  return attempt(() => act("message_shortcut", { user: app.state.me, ...place }));
}
