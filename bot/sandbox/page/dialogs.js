// Dialogs the page itself opens: the browser keeps the focus inside, and Escape closes them.

import { el, fresh } from "./dom.js";
import { icon } from "./icons.js";
import { textOf, wordsOf } from "./mrkdwn.js";

/** A dialog with a title; `fill` gets it and adds what belongs inside. Resolves with its return value. */
export function dialog(title, fill, kind = "") {
  const name = fresh("title");
  const box = el("dialog", { class: `dialog ${kind}`, "aria-labelledby": name });
  const close = el("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => box.close("") }, icon("close"));
  box.append(el("header", {}, el("h2", { id: name }, title), close));
  fill(box);
  document.body.append(box);
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue);
    });
  });
}

/** Slack's confirm dialog; true when the person goes on. Nothing to confirm: true at once. */
export async function confirmed(asked) {
  if (!asked) return true;
  const answer = await dialog(
    wordsOf(asked.title),
    (box) => {
      const yes = el(
        "button",
        { type: "button", class: asked.style === "danger" ? "danger" : "primary", onclick: () => box.close("yes") },
        wordsOf(asked.confirm),
      );
      const no = el("button", { type: "button", onclick: () => box.close("") }, wordsOf(asked.deny));
      box.append(el("div", { class: "inside" }, el("p", { class: "text" }, textOf(asked.text))));
      box.append(el("footer", {}, no, yes));
      setTimeout(() => no.focus());
    },
    "small",
  );
  return answer === "yes";
}
