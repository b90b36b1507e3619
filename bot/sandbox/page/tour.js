// The guided tour: five steps, each at the part of the page it speaks of.

import { el, fresh } from "./dom.js";

const STEPS = [
  ["#composer", "A workspace of your own", "This is a Slack workspace on your machine, with the real bot in it. Type “/set-action” here: alone it opens the form, with an action, a cluster and customer ids it makes a card."],
  ["#situations", "Ready-made situations", "Or start with one of these. “A first job” asks for three customers; others show what happens when things go wrong."],
  ["#main", "Nothing is sent until you confirm", "A card says what will happen, and who exists. Confirm it, and its thread tells the job id, the progress and the outcome."],
  ["#me", "Be somebody else", "You are Aster, who asks. Switch to Bram, who may approve, to Cleo, who may do nothing, or to Dana, who administers."],
  ["#backstage-button", "Behind the scenes", "See what the cluster got and where its customers are. Make it slow, flaky or silent; kill the bot in the middle of a job, and watch the thread heal."],
];

/** Show it from the first step; `done` is called when it ends, however it ends. */
export function tour(done) {
  document.getElementById("tour")?.remove();
  const name = fresh("title");
  const box = el("section", { id: "tour", role: "dialog", "aria-labelledby": name, "aria-describedby": `${name}-words`, tabindex: "-1" });
  let at = 0;
  const end = () => {
    mark(null);
    box.remove();
    document.removeEventListener("keydown", escape);
    done();
  };
  const escape = (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) end();
  };
  const go = (to) => {
    at = to;
    if (at >= STEPS.length) return end();
    const [target, title, words] = STEPS[at];
    const part = document.querySelector(target);
    mark(part);
    const place = part.getBoundingClientRect();
    box.classList.toggle("above", place.top + place.height / 2 > innerHeight / 2);
    const back = el("button", { type: "button", onclick: () => go(at - 1) }, "Back");
    const next = el("button", { type: "button", class: "primary", onclick: () => go(at + 1) }, at === STEPS.length - 1 ? "Start" : "Next");
    box.replaceChildren(
      el("p", { class: "step" }, `${at + 1} of ${STEPS.length}`),
      el("h2", { id: name }, title),
      el("p", { id: `${name}-words` }, words),
      el("footer", {}, el("button", { type: "button", class: "link", onclick: end }, "Skip the tour"), at ? back : "", next),
    );
    next.focus();
    return undefined;
  };
  document.body.append(box);
  document.addEventListener("keydown", escape);
  go(0);
}

function mark(target) {
  document.querySelector(".toured")?.classList.remove("toured");
  target?.classList.add("toured");
}
