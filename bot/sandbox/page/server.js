// The wire to the sandbox: questions with the token of the address, nothing else.

const token = () => location.hash.slice(1);

/** The server said no, in words for people. */
export class Refused extends Error {}

async function call(path, body, signal) {
  const headers = { Authorization: `Bearer ${token()}` };
  const how = { headers, signal };
  if (body instanceof Blob) Object.assign(how, { method: "POST", body });
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    Object.assign(how, { method: "POST", body: JSON.stringify(body) });
  }
  let answer;
  try {
    answer = await fetch(`/api/${path}`, how);
  } catch (problem) {
    if (signal?.aborted) throw problem;
    throw new Error("The sandbox has stopped. Nothing was sent.");
  }
  if (!answer.ok) throw new Refused((await answer.text()) || `The sandbox answered ${answer.status}.`);
  return answer;
}

/** GET without a body, POST with one; Refused with the server's words. */
export const ask = async (path, body, signal) => (await call(path, body, signal)).json();

// What waits for the app. Of a command Slackbot says so itself, and a form says it on top.
const HEARD = new Set(["click", "press", "choose", "shortcut", "message_shortcut"]);

/** Something a person does in the workspace; Refused too where the app did not take it. */
export async function act(verb, asked) {
  const told = await ask(`do/${verb}`, asked);
  if (HEARD.has(verb) && told.acked === false) throw new Refused("Set Action didn’t respond. Try again in a moment.");
  return told;
}

/** The content of a shared file. */
export async function content(id, type) {
  const answer = await call(`file/${encodeURIComponent(id)}`);
  return new Blob([await answer.arrayBuffer()], { type });
}

const megabytes = (bytes) => `${Math.ceil(bytes / 1024 / 1024)} MB`;

/** Hand over a file of this machine, no larger than `largest` bytes; its id. */
export async function attached(user, file, largest) {
  if (file.size > largest) {
    throw new Refused(`${file.name} has ${megabytes(file.size)}; the sandbox takes ${megabytes(largest)} a file.`);
  }
  const told = new URLSearchParams({ user, name: file.name, mimetype: file.type });
  return (await ask(`file?${told}`, file)).file;
}
