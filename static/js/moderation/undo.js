// The word after an act, with the way back: ten seconds, longer while somebody has hand or focus on it; Alt Z from anywhere.

import { whyNot } from "../chat/actions.js";
import { el, one, toast } from "../chat/dom.js";

// Time to read it, to notice the mistake, and to get there by keys.
const STAYS_MS = 10_000;

/** @type {(() => void) | null} */
let drop = null;

/**
 * @param {App} app
 * @param {string} text
 * @param {number} entry
 */
export function offerUndo(app, text, entry) {
  drop?.();
  const button = el("button", { class: "link", type: "button", "aria-keyshortcuts": "Alt+Z" }, "Undo");
  const node = el("div", { class: "undo__line", popover: "manual" }, el("span", {}, text), button, el("kbd", { "aria-hidden": "true" }, "Alt Z"));
  const host = document.querySelector("dialog[open]") ?? one(document, "#undo"); // What lies outside of an open dialog cannot be reached.
  let timer = setTimeout(() => drop?.(), STAYS_MS);
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (!event.altKey || event.code !== "KeyZ") return;
    event.preventDefault();
    button.click();
  };
  drop = () => {
    clearTimeout(timer);
    removeEventListener("keydown", onKey);
    node.remove();
    drop = null;
  };
  for (const type of ["pointerenter", "focusin"]) node.addEventListener(type, () => clearTimeout(timer));
  for (const type of ["pointerleave", "focusout"]) node.addEventListener(type, () => (timer = setTimeout(() => drop?.(), STAYS_MS)));
  button.addEventListener("click", () => {
    drop?.();
    undo(app, entry);
  });
  addEventListener("keydown", onKey);
  host.append(node);
  node.showPopover();
}

/**
 * @param {App} app
 * @param {number} entry
 */
export async function undo(app, entry) {
  try {
    await app.session.socket.request("act.undo", { entry });
    toast("Undone");
    app.session.loadMembers(app.session.current);
  } catch (error) {
    toast(`Not undone. ${whyNot(error)}`);
  }
  app.session.tell("undone");
}
