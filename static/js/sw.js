// The service worker, at /sw.js: shows what is pushed, closes what was read elsewhere, and leads a click to its page. It
// stands alone, without modules or hashed names, since a browser may run a version from weeks ago. The payload is
// {"show": {title, body, tag, url, id, icon}} or {"close": [tag, …]}; notifications/delivery makes it.

/** @type {any} */
const worker = self;
const HOME = "/notifications/";

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(receive(event.data)));

/** @param {any} data */
async function receive(data) {
  /** @type {any} */ let payload = {};
  try {
    payload = data?.json() ?? {};
  } catch {
    // Not ours. A browser wants something shown for each push; the fallback below is it.
  }
  if (Array.isArray(payload.close)) return close(payload.close);
  return show(payload.show ?? { title: "Something new", tag: "fallback", url: HOME });
}

/** @param {any} about */
async function show({ title, body = "", tag, url, id, icon = "/icon-192.png" }) {
  const before = tag ? await worker.registration.getNotifications({ tag }) : [];
  // The same one once more (a push is sent at least once) takes the old one's place without a sound.
  const renotify = !!tag && !before.some((/** @type {any} */ one) => id !== undefined && one.data?.id === id);
  await worker.registration.showNotification(title, { body, tag, icon, badge: icon, renotify, timestamp: Date.now(), data: { url: own(url), id } });
}

/** @param {string[]} tags */
async function close(tags) {
  for (const one of await worker.registration.getNotifications()) if (tags.includes(one.tag)) one.close();
}

/**
 * An address of this site, or its inbox.
 * @param {string} url
 */
function own(url) {
  try {
    const { href, origin } = new URL(url || HOME, worker.location.origin);
    return origin === worker.location.origin ? href : worker.location.origin + HOME;
  } catch {
    return worker.location.origin + HOME;
  }
}

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(go(own(event.notification.data?.url)));
});

/** @param {string} url */
async function go(url) {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  // The chat goes there without loading; any other page of the site may be in the middle of a form.
  const page = pages.find((/** @type {any} */ one) => new URL(one.url).pathname.startsWith("/rooms/") && one.focused) ??
    pages.find((/** @type {any} */ one) => new URL(one.url).pathname.startsWith("/rooms/"));
  if (!page) return worker.clients.openWindow(url);
  page.postMessage({ go: url });
  return page.focus();
}

worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => event.waitUntil(renew(event)));

/** @param {any} event the browser's push service has given up the old address */
async function renew({ newSubscription, oldSubscription }) {
  const key = oldSubscription?.options?.applicationServerKey;
  const subscription = newSubscription ?? (key && (await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })));
  const token = await worker.cookieStore?.get("csrftoken");
  if (!subscription || !token) return; // The next page that is opened tells the server.
  const { endpoint, keys } = subscription.toJSON();
  await fetch("/notifications/devices/", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token.value },
    body: JSON.stringify({ endpoint, keys }),
  });
}
