// How notifications are worded: times, kinds, outcomes. Pure; the language of dates is the browser's.

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const thisYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const otherYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/**
 * How long ago, as short as a column allows.
 * @param {string} iso
 * @param {Date} now
 */
export function ago(iso, now = new Date()) {
  const then = new Date(iso);
  const minutes = Math.floor((now.getTime() - then.getTime()) / MINUTE_MS);
  if (minutes < 1) return "now"; // Also for a clock that is a little behind the server's.
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  if (now.getTime() - then.getTime() < 6 * DAY_MS) return weekday.format(then);
  return (then.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(then);
}

/** @type {Record<string, string>} */
const ICONS = {
  mention: "at-sign", reply: "reply", direct: "message-circle", message: "message-square", invitation: "user-plus",
  reaction: "smile", moderation: "shield", announcement: "megaphone",
};

/** @param {string} kind one of ours, or the host's own */
export function iconOf(kind) {
  return ICONS[kind] ?? "bell";
}

/** @type {Record<View, [string, string]>} */
export const NOTHING = {
  all: ["Nothing yet", "Mentions, replies and direct messages will stand here, on all your devices."],
  unread: ["All read", "You have seen everything there is."],
  mentions: ["No mentions yet", "When somebody writes @you, or answers you, it stands here."],
};

/** @type {Record<string, string>} */
export const CHANNELS = { app: "On this site", push: "On your devices", email: "By e-mail" };

/** @type {Record<string, string>} */
export const OUTCOMES = { sent: "Sent", waiting: "Waiting", silent: "Silent", skipped: "Not sent", failed: "Failed" };
