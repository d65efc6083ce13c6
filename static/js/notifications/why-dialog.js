// "Why was I (not) notified?": what was decided for each channel and what came of it, in sentences of the server. Makes its
// dialog when it is first asked.

import { whyNot } from "../chat/actions.js";
import { el, icon } from "../chat/dom.js";
import { fullTime, plural } from "../chat/format.js";
import { CHANNELS, OUTCOMES } from "./words.js";

/** @type {Record<string, string>} */
const ICONS = { app: "monitor", push: "smartphone", email: "mail" };

/** @type {HTMLDialogElement | null} */
let dialog = null;

/**
 * @param {Notices} notices
 * @param {{ notification: number } | { target: string }} about
 */
export async function showWhy(notices, about) {
  const shown = (dialog ??= make());
  const content = /** @type {HTMLElement} */ (shown.querySelector(".why"));
  content.replaceChildren(el("p", { class: "muted" }, "Looking it up…"));
  if (!shown.open) shown.showModal();
  try {
    content.replaceChildren(...explanation(await notices.why(about)));
  } catch (error) {
    content.replaceChildren(el("p", { role: "alert" }, `That cannot be said now. ${whyNot(error)}`));
  }
}

/** @param {Why} why */
function explanation({ about, concern, stored, reasons }) {
  return [
    about ? el("p", { class: "why__about" }, about) : "",
    concern ? el("p", { class: "muted" }, concern) : "",
    stored ? "" : el("p", { class: "why__now" }, icon("circle-alert"), "Nothing is kept about this one. This is how it would be decided now:"),
    el("ul", { class: "why__list" }, ...reasons.map((one) => reason(one, one.at !== reasons[0].at || one.attempts > 0))),
  ];
}

/**
 * @param {Reason} reason
 * @param {boolean} dated where its time says something
 */
function reason({ channel, outcome, rule, detail, at, attempts, device }, dated) {
  const facts = [device, attempts > 1 && plural(attempts, "attempt"), dated && at && fullTime(at)].filter(Boolean);
  return el(
    "li",
    { class: `why__reason why__reason--${outcome}`, "data-rule": rule, "data-channel": channel },
    icon(ICONS[channel] ?? "bell"),
    el(
      "div",
      {},
      el("p", { class: "why__head" }, el("strong", {}, CHANNELS[channel] ?? channel), el("span", { class: "why__outcome" }, OUTCOMES[outcome] ?? outcome)),
      el("p", {}, detail),
      facts.length ? el("p", { class: "muted" }, facts.join(" · ")) : null,
    ),
  );
}

function make() {
  const close = el("button", { class: "icon-button dialog__close", type: "button", "aria-label": "Close" }, icon("x"));
  const node = el(
    "dialog",
    { class: "dialog dialog--why", id: "why", "aria-labelledby": "why-title" },
    close,
    el("h2", { class: "dialog__title", id: "why-title" }, "Why was I (not) notified?"),
    el("div", { class: "why", tabindex: -1, autofocus: true, "aria-live": "polite" }),
    el("p", { class: "why__foot" }, el("a", { href: "/notifications/preferences/" }, "Change what you are notified of")),
  );
  close.addEventListener("click", () => node.close());
  node.addEventListener("click", ({ target }) => target === node && node.close());
  document.body.append(node);
  return node;
}
