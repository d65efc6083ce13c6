// What each close code asks of a client: docs/protocol.md, "Close codes". Pure.

/** @type {Record<number, { action: "login" | "stop", why: string }>} */
const STOPS = {
  4400: { action: "stop", why: "This page sent something the server did not understand." },
  4401: { action: "login", why: "You are logged out." },
  4403: { action: "stop", why: "Your access was withdrawn." },
  4404: { action: "stop", why: "The server has nothing at this address." },
  4406: { action: "stop", why: "This page is older than the server." },
  4413: { action: "stop", why: "This page sent more than the server takes." },
  4429: { action: "stop", why: "This page sent too much at once." },
};

/**
 * @param {number} code
 * @returns {{ action: "retry" | "login" | "stop", why: string }}
 */
export function onClose(code) {
  if (code < 4400 || code > 4499) return { action: "retry", why: "" };
  return STOPS[code] ?? { action: "stop", why: `The server closed the connection (${code}).` };
}
