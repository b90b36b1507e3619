// The wire to the sandbox: questions with the token of the address, nothing else.

const token = () => location.hash.slice(1);

/** The server said no, in words for people. */
export class Refused extends Error {}

async function call(path, body, signal) {
  const headers = { Authorization: `Bearer ${token()}` };
  if (body === undefined) return fetch(`/api/${path}`, { headers, signal });
  headers["Content-Type"] = "application/json";
  return fetch(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(body), signal });
}

/** GET without a body, POST with one; Refused with the server's words. */
export async function ask(path, body, signal) {
  const answer = await call(path, body, signal);
  if (!answer.ok) throw new Refused((await answer.text()) || `The sandbox answered ${answer.status}.`);
  return answer.json();
}

/** Something a person does in the workspace. */
export const act = (verb, asked) => ask(`do/${verb}`, asked);

/** The content of a shared file. */
export async function content(id, type) {
  const answer = await call(`file/${encodeURIComponent(id)}`);
  if (!answer.ok) throw new Refused(await answer.text());
  return new Blob([await answer.arrayBuffer()], { type });
}

/** A file of this machine as the workspace takes it. */
export async function packed(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { name: file.name, mimetype: file.type || null, size: null, access: "visible", hex };
}
