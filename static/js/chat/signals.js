// What shows outside the page that something is new: the tab's title, its icon, the number on an installed app.

import { short } from "./format.js";
import { totals } from "./rooms.js";

/**
 * @param {Session} session
 * @param {{ site: string, icon: HTMLLinkElement }} page
 */
export function showSignals(session, { site, icon }) {
  const plain = icon.href;
  const marked = icon.dataset.unread ?? plain;
  const show = () => {
    const { unread: messages, mentions } = totals(session.rooms);
    // Most of the other news is about messages that are counted already: the larger number counts nothing twice.
    const unread = Math.max(messages, session.news);
    const name = session.room ? `${session.room.name} · ${site}` : site;
    document.title = unread ? `(${short(unread)}) ${name}` : name;
    const href = unread ? marked : plain;
    if (icon.href !== href) icon.href = href;
    setBadge(unread, Math.max(mentions, session.news));
  };
  session.addEventListener("rooms", show);
  show();
}

/**
 * @param {number} unread
 * @param {number} mentions a number only for what is meant for this person, else a dot
 */
function setBadge(unread, mentions) {
  if (!("setAppBadge" in navigator)) return;
  const done = unread ? navigator.setAppBadge(mentions || undefined) : navigator.clearAppBadge();
  done.catch(() => {}); // Only installed apps have one.
}
