// What fields hold: from Slack's shapes to the plain values the workspace takes.

import { wordsOf } from "./mrkdwn.js";

const plain = (option) => ({ value: option.value, words: wordsOf(option.text), more: wordsOf(option.description) });

/** The options of an element in their groups; one nameless group where there are none. */
export function optionsOf(element) {
  if (!element.option_groups) return [{ options: (element.options ?? []).map(plain) }];
  return element.option_groups.map((group) => ({ label: wordsOf(group.label), options: group.options.map(plain) }));
}

/** What an element starts with, or (given its state) what is in it. */
export function simple(state) {
  const first = (...names) => names.map((name) => state[name]).find((value) => value !== undefined && value !== null);
  const options = first("selected_options", "initial_options");
  if (options) return options.map((option) => option.value);
  const option = first("selected_option", "initial_option");
  if (option) return option.value;
  if (state.files) return state.files.map((file) => ({ id: file.id, name: file.name }));
  if (state.type === "button" || state.type === "overflow") return null;
  return (
    first("selected_users", "initial_users", "selected_user", "initial_user") ??
    first("selected_conversations", "initial_conversations", "selected_conversation", "initial_conversation") ??
    first("selected_date_time", "initial_date_time", "selected_date", "initial_date", "selected_time", "initial_time") ??
    ("options" in state || "option_groups" in state ? null : first("value", "initial_value") ?? null)
  );
}

/** As it is sent: files by their ids. */
export const sent = (value) => (Array.isArray(value) ? value.map((one) => one?.id ?? one) : value);
