// Block Kit's interactive elements. `hands` say what acting means where they are drawn:
//   act(block, element, value)   pressed or chosen, told to the app at once
//   enter(block, element, value) filled in, told with the whole form; absent outside forms
//   value(block, element)        what is in it now, in the shapes the workspace takes
//   error(block)                 words at the field, or nothing
//   people, places               whom and where one can choose
//   attach(file), picture(id, node)
//   meanwhile(doing), redraw()   in forms: what a submission waits for, and what it may have changed

import { picture, unknown } from "./blocks.js";
import { confirmed } from "./dialogs.js";
import { attempt, el, fresh, menu } from "./dom.js";
import { icon } from "./icons.js";
import { optionsOf, simple } from "./values.js";
import { textOf, wordsOf } from "./mrkdwn.js";

/** The element as its block wants it: with label, hint and error in an input block, bare elsewhere. */
export function drawElement(element, block, hands) {
  const field = { element, block, hands, id: fresh("field") };
  field.told = block.type !== "input" || Boolean(block.dispatch_action);
  field.initial = hands.value?.(block, element) ?? simple(element);
  const draw = ELEMENTS[element.type];
  const drawn = draw ? draw(field) : unknown(element);
  return block.type === "input" ? labelled(field, drawn) : drawn;
}

const ELEMENTS = {
  button,
  overflow,
  image: (field) => picture(field.element, field.hands, "small"),
  plain_text_input: text,
  email_text_input: text,
  url_text_input: text,
  number_input: text,
  static_select: (field) => select(field, optionsOf(field.element)),
  users_select: (field) => select(field, [{ options: field.hands.people }]),
  conversations_select: (field) => select(field, [{ options: field.hands.places(field.element.filter?.include) }]),
  channels_select: (field) => select(field, [{ options: field.hands.places(["public"]) }]),
  multi_static_select: (field) => ticks(field, optionsOf(field.element), "checkbox"),
  multi_users_select: (field) => ticks(field, [{ options: field.hands.people }], "checkbox"),
  multi_conversations_select: (field) => ticks(field, [{ options: field.hands.places() }], "checkbox"),
  checkboxes: (field) => ticks(field, optionsOf(field.element), "checkbox"),
  radio_buttons: (field) => ticks(field, optionsOf(field.element), "radio"),
  datepicker: (field) => clock(field, "date", (at) => at, (at) => at),
  timepicker: (field) => clock(field, "time", (at) => at, (at) => at),
  datetimepicker: (field) => clock(field, "datetime-local", localOf, (at) => Math.round(new Date(at) / 1000)),
  file_input: files,
};

const GROUPS = new Set(["multi_static_select", "multi_users_select", "multi_conversations_select", "checkboxes", "radio_buttons"]);

/** An input block: its label, what stands below, and the error, joined for those who listen. */
function labelled({ element, block, hands, id }, drawn) {
  const error = hands.error?.(block);
  const optional = block.optional ? el("span", { class: "optional" }, " (optional)") : "";
  const group = GROUPS.has(element.type);
  const label = el(group ? "legend" : "label", { for: group ? null : id }, textOf(block.label), optional);
  const box = el(group ? "fieldset" : "div", { class: `block input${error ? " wrong" : ""}` }, label, drawn);
  const notes = [];
  if (error) notes.push(el("p", { class: "error", id: `${id}-error` }, error));
  if (block.hint) notes.push(el("p", { class: "hint", id: `${id}-hint` }, textOf(block.hint)));
  box.append(...notes);
  const control = box.querySelector("input, select, textarea");
  if (control && notes.length) control.setAttribute("aria-describedby", notes.map((note) => note.id).join(" "));
  if (control && error) control.setAttribute("aria-invalid", "true");
  return box;
}

/** The attributes every control has; outside an input block it needs a name of its own. */
function named({ element, block, id }) {
  const label = block.type === "input" ? null : wordsOf(element.placeholder) || wordsOf(block.text) || element.action_id;
  return { id, "aria-label": label?.slice(0, 200), "data-focus": element.action_id };
}

async function changed(field, value, undo) {
  const { element, block, hands, told } = field;
  if (!told) return hands.enter(block, element, value);
  if (await confirmed(element.confirm)) return hands.act(block, element, value);
  return undo?.();
}

function button({ element, block, hands }) {
  const press = async (event) => {
    const { currentTarget } = event;
    if (!(await confirmed(element.confirm))) return;
    currentTarget.setAttribute("aria-busy", "true");
    try {
      await hands.act(block, element, null);
    } finally {
      currentTarget.removeAttribute("aria-busy");
    }
    if (/^https?:/.test(element.url ?? "")) window.open(element.url, "_blank", "noopener");
  };
  const label = element.accessibility_label ?? null;
  const attributes = { type: "button", class: element.style, "aria-label": label, "data-focus": element.action_id };
  return el("button", { ...attributes, onclick: press }, textOf(element.text));
}

function overflow(field) {
  const open = (event) => {
    const entries = field.element.options.map((option) => [
      wordsOf(option.text),
      () => changed(field, option.value),
      wordsOf(option.description),
    ]);
    menu(event.currentTarget, entries, "More");
  };
  const attributes = { type: "button", class: "dots", "aria-label": "More actions", "aria-haspopup": "menu" };
  return el("button", { ...attributes, "data-focus": field.element.action_id, onclick: open }, icon("dots"));
}

function text(field) {
  const { element } = field;
  const tag = element.multiline ? "textarea" : "input";
  const enter = (event) => field.hands.enter?.(field.block, element, event.target.value);
  const attributes = { ...named(field), placeholder: wordsOf(element.placeholder) || null, oninput: enter };
  if (tag === "input") attributes.type = "text";
  if (element.type === "number_input") attributes.inputmode = "decimal";
  if (element.multiline) attributes.rows = 5;
  if (element.focus_on_load) attributes.autofocus = true;
  const control = el(tag, { ...attributes, value: field.initial ?? "" });
  control.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && field.told && !element.multiline) {
      event.preventDefault();
      changed(field, control.value);
    }
  });
  return control;
}

function select(field, groups) {
  const { element, initial } = field;
  const option = (one) => el("option", { value: one.value, selected: one.value === initial }, one.words);
  const shown = groups.flatMap((group) =>
    group.label ? [el("optgroup", { label: group.label }, group.options.map(option))] : group.options.map(option),
  );
  // A placeholder is not a choice, except to empty a field that may be empty.
  const optional = field.block.type === "input" && field.block.optional;
  const empty = el("option", { value: "", hidden: !optional }, wordsOf(element.placeholder) || "Choose…");
  const control = el("select", named(field), empty, shown);
  control.value = initial ?? "";
  control.addEventListener("change", () =>
    changed(field, control.value || null, () => (control.value = initial ?? "")),
  );
  return control;
}

function ticks(field, groups, kind) {
  const { element, id } = field;
  const chosen = new Set([field.initial ?? []].flat());
  const box = el("div", { class: "ticks", role: field.block.type === "input" ? null : "group" });
  if (field.block.type !== "input") box.setAttribute("aria-label", named(field)["aria-label"]);
  const told = () => {
    const values = [...box.querySelectorAll("input:checked")].map((input) => input.value);
    changed(field, kind === "radio" ? (values[0] ?? null) : values);
  };
  for (const group of groups) {
    if (group.label) box.append(el("p", { class: "group" }, group.label));
    for (const one of group.options) {
      const name = { type: kind, name: id, value: one.value, checked: chosen.has(one.value), onchange: told };
      const input = el("input", { ...name, "data-focus": `${element.action_id}/${one.value}` });
      box.append(el("label", {}, input, el("span", {}, one.words, one.more ? el("small", {}, one.more) : "")));
    }
  }
  return box;
}

function clock(field, type, shown, told) {
  const value = field.initial ? shown(field.initial) : "";
  const control = el("input", { ...named(field), type, value });
  control.addEventListener("change", () => changed(field, control.value ? told(control.value) : null));
  return control;
}

function localOf(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function files(field) {
  const { element, block, hands } = field;
  const accept = element.filetypes?.map((kind) => `.${kind}`).join(",") ?? null;
  const control = el("input", { ...named(field), type: "file", accept, multiple: (element.max_files ?? 10) > 1 });
  const list = el("ul", { class: "attached" });
  const kept = () => hands.value?.(block, element) ?? [];
  let coming = [];
  const chip = (file) => {
    const drop = () => {
      hands.enter(block, element, kept().filter((one) => one.id !== file.id));
      draw();
      control.focus();
    };
    const button = el("button", { type: "button", class: "plain", "aria-label": `Remove ${file.name}`, onclick: drop }, icon("close"));
    return el("li", {}, icon("clip"), ` ${file.name} `, button);
  };
  const draw = () => {
    const loading = coming.map((file) => el("li", { class: "coming", role: "status" }, `Uploading ${file.name}…`));
    list.replaceChildren(...kept().map(chip), ...loading);
  };
  /** Whether all went up: a submission waits for it, and does not go without one. */
  const take = async () => {
    const all = (coming = [...control.files]);
    control.value = "";
    draw();
    for (const file of all) {
      const id = await attempt(() => hands.attach(file));
      if (id) hands.enter(block, element, [...kept(), { id, name: file.name }]);
      coming = coming.filter((one) => one !== file);
      draw();
      if (!id) return ((coming = []), draw(), false);
    }
    if (!control.isConnected) hands.redraw();
    return true;
  };
  control.addEventListener("change", () => hands.meanwhile(take()));
  draw();
  return el("div", { class: "files" }, control, list);
}
