// What the composer offers while a slash command is typed: commands, actions, clusters, customers.

const MOST = 8;

/** Offers for the text before the caret: `words` shown, `fills` in place of the last word. */
export function completions(offers, before) {
  if (!before.startsWith("/") || before.includes("\n")) return [];
  const words = before.split(/\s+/);
  const last = words[words.length - 1].toLowerCase();
  const all = words.length === 1 ? commands(offers) : words[0] === "/set-action" ? wordsAt(offers, words) : [];
  return all.filter((one) => one.always || one.words.toLowerCase().includes(last)).slice(0, MOST);
}

const commands = (offers) =>
  offers.commands.map((one) => ({ words: one.command, hint: one.does, fills: `${one.command} `, partly: true }));

function wordsAt(offers, words) {
  const named = (word) => ({ words: word, fills: `${word} `, partly: true });
  if (words.length === 2) {
    const others = [
      { ...named("help"), hint: "What can be typed" },
      { ...named("batches"), hint: "Your saved batches" },
    ];
    return [...offers.actions.map((name) => ({ ...named(name), hint: "Action" })), ...others];
  }
  if (!offers.actions.some((name) => name.toLowerCase() === words[1].toLowerCase())) return [];
  if (words.length === 3) return offers.clusters.map((one) => ({ ...named(one.key), hint: one.name }));
  const cluster = offers.clusters.find((one) => one.key === words[2].toLowerCase());
  if (!cluster || words.length > 4 || words[3]) return [];
  return [3, 25, cluster.customers.length].map((count) => ({
    words: `${count} customers of ${cluster.name}`,
    hint: "Made-up ids, as you would paste them",
    fills: `${cluster.customers.slice(0, count).join(", ")} `,
    always: true,
  }));
}
