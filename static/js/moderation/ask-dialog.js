// One small dialog for whatever is asked before an act or a report. Owns its frame: title, body, failure, the two buttons.

import { whyNot } from "../chat/actions.js";
import { el, icon } from "../chat/dom.js";

/**
 * @param {{ title: string, icon: string, yes: string, danger?: boolean, body: (Node | null | undefined | false)[],
 *   send: (form: FormData) => Promise<void> }} what `send` rejects where the server says no; then the dialog stays
 * @returns {HTMLDialogElement} open
 */
export function ask({ title, icon: sign, yes, danger = false, body, send }) {
  const failure = el("p", { class: "ask__failure", role: "alert" });
  const no = el("button", { class: "button", type: "button" }, "Cancel");
  const go = el("button", { class: `button ${danger ? "button--danger" : "button--primary"}`, type: "submit" }, yes);
  const form = el("form", { class: "stack" }, el("h2", { class: "ask__title", id: "ask-title" }, icon(sign), title), ...body, failure, el("div", { class: "row row--end" }, no, go));
  const dialog = el("dialog", { class: "dialog dialog--small ask", "aria-labelledby": "ask-title" }, form);
  no.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  // Enter in a line only leads to a dangerous button, which the next one presses; one that is held since the menu does nothing.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const isLine = event.target instanceof HTMLInputElement;
    if (event.repeat || (danger && isLine)) event.preventDefault();
    if (!event.repeat && danger && isLine) go.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    failure.textContent = "";
    try {
      await send(new FormData(form));
      dialog.close();
    } catch (error) {
      failure.textContent = whyNot(error);
    }
    go.disabled = false;
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * @param {string} label
 * @param {string} name
 * @param {[string, string][]} choices
 */
export function select(label, name, choices) {
  const options = choices.map(([value, words]) => el("option", { value }, words));
  return el("div", { class: "field" }, el("label", { for: `ask-${name}` }, label), el("select", { id: `ask-${name}`, name }, ...options));
}

/**
 * @param {string} label
 * @param {string} name
 */
export function line(label, name) {
  return el("div", { class: "field" }, el("label", { for: `ask-${name}` }, label), el("input", { id: `ask-${name}`, name, type: "text", maxlength: 300, autocomplete: "off" }));
}
