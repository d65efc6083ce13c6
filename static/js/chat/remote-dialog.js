// <remote-dialog>: pages of the server in a dialog. Links with `data-dialog` open here, forms are sent from here; without
// script each is a page of its own. Fetched with the first one. The server leaves the frame away when it is asked with X-Fragment.

import { one, Part, toast } from "./dom.js";

export class RemoteDialog extends Part {
  dialog = /** @type {HTMLDialogElement} */ (one(this, "dialog"));
  content = /** @type {HTMLElement} */ (one(this, ".dialog__content"));

  /** @param {App} app */
  start(app) {
    this.app = app;
    this.dialog.addEventListener("click", (event) => this.#click(event));
    this.dialog.addEventListener("submit", (event) => this.#submit(event));
  }

  /** @param {string} path */
  open(path) {
    return this.#load(path, {});
  }

  close() {
    this.dialog.close();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {Element} */ (event.target);
    if (target === this.dialog || target.closest("[data-act=close]")) this.close();
    const copy = target.closest("[data-copy]");
    if (copy) this.app.copy(copy.getAttribute("data-copy") ?? "");
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method === "dialog") return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    const action = new URL(form.action, location.href);
    if (form.method === "post") return this.#load(action.pathname + action.search, { method: "POST", body: data });
    const query = new URLSearchParams(/** @type {any} */ (data));
    return this.#load(`${action.pathname}?${query}`, {});
  }

  /**
   * @param {string} path
   * @param {RequestInit} how
   */
  async #load(path, how) {
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(path, { ...how, headers: { "X-Fragment": "1" } });
      await this.#use(answer);
    } catch {
      toast("There is no connection right now.");
    } finally {
      this.removeAttribute("aria-busy");
    }
  }

  /** @param {Response} answer */
  async #use(answer) {
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      const { location: next } = await answer.json();
      this.close();
      return this.app.navigate(next);
    }
    if (answer.redirected) return location.assign(answer.url); // The login page, most likely.
    if (!answer.ok && answer.status !== 422) return toast(`The server answered ${answer.status}.`);
    this.#show(await answer.text());
  }

  /** @param {string} html a page of this site, made by its own templates */
  #show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    // On a phone the keyboard would cover what the dialog shows; there one taps the field one wants.
    const fields = matchMedia("(hover: hover)").matches ? ", [autofocus], input:not([type=hidden], [readonly])" : "";
    const wanted = page.querySelector(`[aria-invalid=true]${fields}`);
    for (const node of page.querySelectorAll("[autofocus]")) node.removeAttribute("autofocus");
    const searched = this.content.contains(document.activeElement) && document.activeElement?.id;
    this.content.replaceChildren(...page.body.childNodes);
    this.dialog.setAttribute("aria-label", this.content.querySelector("h1")?.textContent?.trim() ?? "");
    if (!this.dialog.open) this.dialog.showModal();
    const focus = (searched && document.getElementById(searched)) || wanted;
    if (focus instanceof HTMLElement) focus.focus();
    if (focus instanceof HTMLInputElement && searched) focus.setSelectionRange?.(focus.value.length, focus.value.length);
  }
}

customElements.define("remote-dialog", RemoteDialog);
