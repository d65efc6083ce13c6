// Notifications of one tag as one row: ten mentions in a room are one thing to look at. Pure.

import { isUnread } from "./inbox.js";

/** @typedef {{ key: string, latest: Notice, items: Notice[], unread: boolean }} Fold */

/**
 * Of one day, one tag, and either read or not: the latest first, the rest behind it.
 * @param {Notice[]} notices the latest first
 * @param {(iso: string) => string} day
 * @returns {Fold[]} in the order of their latest
 */
export function fold(notices, day = localDay) {
  /** @type {Map<string, Fold>} */
  const folds = new Map();
  for (const notice of notices) {
    const unread = isUnread(notice);
    const key = [notice.tag || `id:${notice.id}`, day(notice.created_at), unread].join("\n");
    const known = folds.get(key);
    if (known) known.items.push(notice);
    else folds.set(key, { key, latest: notice, items: [notice], unread });
  }
  return [...folds.values()];
}

/** @param {string} iso */
function localDay(iso) {
  return new Date(iso).toDateString();
}
