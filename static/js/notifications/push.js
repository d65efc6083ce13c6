// Web Push on this browser: whether it can, whether it is on, and turning it on and off. Knows no page; asks for permission
// only where `enable` is called, from a click.

const WORKER = "/sw.js";
const DEVICES = "/notifications/devices/";
const KEY = "confab:push";
// A push service answers within a second or two. Chromium without one, or behind a wall, tries for minutes.
const PATIENCE_MS = 15_000;
const NO_SERVICE = "This browser did not get an address from its maker’s push service. Some builds have none, and some networks block it.";

/**
 * @typedef {object} Facts
 * @property {boolean} secure
 * @property {boolean} supported
 * @property {boolean} ios
 * @property {boolean} installed
 * @property {string | null} key the site's VAPID key
 * @property {NotificationPermission} permission
 */

/** @returns {Facts} */
export function facts(key = /** @type {string | null} */ (null)) {
  return {
    key,
    secure: globalThis.isSecureContext,
    supported: "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis,
    // An iPad calls itself a Mac, one with fingers.
    ios: /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1),
    installed: matchMedia("(display-mode: standalone)").matches,
    permission: "Notification" in globalThis ? Notification.permission : "default",
  };
}

/**
 * Why it cannot be turned on here, in a sentence for the person; "" when it can. Pure.
 * @param {Facts} facts
 */
export function obstacle({ secure, supported, ios, installed, key, permission }) {
  if (!secure) return "Browsers allow this only over https. Ask whoever runs this site to serve it that way.";
  if (ios && !supported && !installed) return "On an iPhone or iPad first add this site to the Home Screen (Share, “Add to Home Screen”), and open it from there.";
  if (!supported) return "This browser does not know Web Push.";
  if (!key) return "This site has no key for Web Push yet. Whoever runs it makes one with “manage.py generate_vapid_keys”.";
  if (permission === "denied") return "This browser has been told to block notifications of this site. Allow them in its settings for this site, then come back.";
  return "";
}

/**
 * Asks for permission, subscribes, and tells the server. Call it from a click.
 * @param {string} key base64url
 * @throws {Error} with a sentence for the person
 */
export async function enable(key) {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("Nothing was turned on: the browser was not allowed to show notifications.");
  const registration = await register();
  await navigator.serviceWorker.ready;
  await tell(await subscribe(registration, key));
}

/**
 * At each visit: where the browser has another address than it had, or somebody has logged in since, the server hears of it.
 * Not otherwise: a device that was removed from another one stays removed.
 * @returns {Promise<boolean>} whether this browser takes pushes
 */
export async function refresh() {
  const subscription = await subscribed();
  if (!subscription) return false;
  await register(); // A newer worker, if there is one.
  const told = remembered();
  if (told.endpoint !== subscription.endpoint || told.login !== token()) await tell(subscription);
  return true;
}

/** @param {number} [device] nothing happens where this browser is another one */
export async function disable(device) {
  const { id } = remembered();
  if (device !== undefined && device !== id) return;
  await (await subscribed())?.unsubscribe();
  localStorage.removeItem(KEY);
  if (id && device === undefined) await post(`${DEVICES}${id}/remove/`).catch(() => {}); // It may be gone already.
}

/** @returns {Promise<PushSubscription | null>} */
export async function subscribed() {
  const registration = await navigator.serviceWorker?.getRegistration("/");
  return (await registration?.pushManager?.getSubscription()) ?? null;
}

function register() {
  return navigator.serviceWorker.register(WORKER, { scope: "/" });
}

/**
 * @param {ServiceWorkerRegistration} registration
 * @param {string} key
 */
async function subscribe(registration, key) {
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  try {
    // When it arrives after all, the next visit tells the server.
    return await Promise.race([registration.pushManager.subscribe(wanted), late()]);
  } catch (error) {
    // The site's key has changed since: the old subscription is of no use to anybody.
    if (error instanceof DOMException && error.name === "InvalidStateError") {
      await disable();
      return registration.pushManager.subscribe(wanted);
    }
    throw new Error(NO_SERVICE);
  }
}

/** @returns {Promise<never>} */
function late() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(NO_SERVICE)), PATIENCE_MS));
}

/** @param {PushSubscription} subscription */
async function tell(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const { id } = await post(DEVICES, { endpoint, keys });
  localStorage.setItem(KEY, JSON.stringify({ id, endpoint, login: token() }));
}

/** @returns {{ id?: number, endpoint?: string, login?: string }} what the server was told last */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {}; // Storage is blocked, or somebody wrote something else there.
  }
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
export async function post(path, body = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? `The server answered ${answer.status}.`);
  return said;
}

/** Django's CSRF token. It is another one after each login. */
function token() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}
