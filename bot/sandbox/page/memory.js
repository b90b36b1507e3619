// What the browser remembers of this page, and what a tab remembers of this sandbox.

/** For a year, in a cookie: it is the same at every port of this machine, and each sandbox has its own port. */
export function keep(name, value) {
  document.cookie = `set-action-${name}=${value}; max-age=31536000; path=/; samesite=strict`;
}

/** What `keep` was given, or null. */
export const kept = (name) => new RegExp(`(?:^|; )set-action-${name}=([^;]*)`).exec(document.cookie)?.[1] ?? null;

const own = (name) => `set-action-${name}-${location.hash}`; // another sandbox at this port has another token

/** As long as the tab is open. */
export function note(name, value) {
  try {
    sessionStorage.setItem(own(name), JSON.stringify(value));
  } catch {
    // a browser that keeps nothing: a reload then begins anew
  }
}

/** What `note` was given, or null. */
export function noted(name) {
  try {
    return JSON.parse(sessionStorage.getItem(own(name)));
  } catch {
    return null;
  }
}
