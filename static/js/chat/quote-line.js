// The line above a message that shows which one it answers, and leads there.

import { avatar, el, icon } from "./dom.js";
import { messagePath } from "./route.js";

/**
 * @param {Quote} quote
 * @param {{ room: Room, blocked: ReadonlySet<number> }} context
 */
export function quoteLine(quote, { room, blocked }) {
  return el(
    "a",
    { class: "quote", href: messagePath(room, quote.seq), "data-quote": quote.seq },
    el("span", { class: "visually-hidden" }, "In reply to "),
    ...(blocked.has(quote.author.id) ? [icon("ban"), gone("Somebody you have blocked")] : said(quote)),
  );
}

/** @param {Quote} quote */
function said({ author, text, deleted }) {
  const name = el("span", { class: "quote__author" }, author.name);
  return [avatar(author), name, deleted ? gone("deleted message") : el("span", { class: "quote__text" }, text)];
}

/** @param {string} text */
function gone(text) {
  return el("span", { class: "quote__text quote__gone" }, text);
}

/**
 * What changes a quote.
 * @param {Quote | null | undefined} quote
 * @param {ReadonlySet<number>} blocked
 */
export function quoteVersion(quote, blocked) {
  return quote ? `${quote.text} ${quote.deleted} ${blocked.has(quote.author.id)}` : "";
}
