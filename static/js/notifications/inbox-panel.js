// <notification-inbox>: the inbox over the page. Owns which view is open and where the focus is; its rows are inbox-rows.js,
// its keys panel-keys.js. Loaded when it is first opened, with its style sheet.

import { coalesce, el, one } from "../chat/dom.js";
import { reconcile } from "../chat/reconcile.js";
import { fold } from "./folding.js";
import { VIEWS, isUnread, reachOf, shown } from "./inbox.js";
import { row, versionOf } from "./inbox-rows.js";
import { onPanelKey } from "./panel-keys.js";
import { NOTHING } from "./words.js";

// The column of times says minutes.
const CLOCK_MS = 30_000;
// Within this of the end the next page is asked for: about four rows.
const NEAR_PX = 320;

export class InboxPanel extends HTMLElement {
  /** @type {View} */ view = "all";
  /** @type {Set<string>} keys of rows that show all they hold */ unfolded = new Set();
  /** @type {Set<number>} */ #held = new Set();
  /** @type {any} */ #clock = 0;
  #loading = false;
  dialog = /** @type {HTMLDialogElement} */ (one(this, "dialog"));
  box = /** @type {HTMLElement} */ (one(this, ".inbox__box"));
  list = one(this, "ul");

  /** @param {Notifications} owner */
  start(owner) {
    this.owner = owner;
    this.paint = coalesce(() => this.dialog.open && this.#paint());
    owner.notices.addEventListener("change", this.paint);
    this.addEventListener("keydown", (event) => onPanelKey(this, event));
    this.addEventListener("click", (event) => this.#click(event));
    this.box.addEventListener("scroll", () => this.#more(), { passive: true });
    this.dialog.addEventListener("close", () => clearInterval(this.#clock));
  }

  open() {
    this.owner?.app.drawer(false);
    this.dialog.showModal();
    this.#clock = setInterval(() => this.paint?.(), CLOCK_MS);
    this.show(this.owner?.notices.state.unread ? this.view : "all");
    this.owner?.notices.seen();
    this.box.focus();
  }

  /** @param {View} view */
  async show(view) {
    this.view = view;
    this.#held.clear();
    this.unfolded.clear();
    this.box.scrollTop = 0;
    for (const tab of this.querySelectorAll("[role=tab]")) {
      tab.setAttribute("aria-selected", String(tab.getAttribute("data-view") === view));
      /** @type {HTMLElement} */ (tab).tabIndex = tab.getAttribute("data-view") === view ? 0 : -1;
    }
    this.box.setAttribute("aria-labelledby", `inbox-${view}`);
    this.#paint();
    await this.#load();
  }

  /** @param {number} step */
  turn(step) {
    const next = VIEWS[(VIEWS.indexOf(this.view) + step + VIEWS.length) % VIEWS.length];
    this.show(next);
    return /** @type {HTMLElement} */ (one(this, `[data-view=${next}]`));
  }

  /** @param {Element} item a row, or one of those behind it */
  idsOf(item) {
    return (item.getAttribute("data-ids") ?? "").split(" ").map(Number);
  }

  /** @param {number[]} ids */
  async toggle(ids) {
    const { notices } = /** @type {Notifications} */ (this.owner);
    const unread = ids.some((id) => isUnread(/** @type {Notice} */ (notices.state.byId.get(id))));
    await this.#try(notices.mark(ids, unread));
  }

  async readAll() {
    await this.#try(/** @type {Notifications} */ (this.owner).notices.markAllRead());
  }

  /** @param {string} key */
  unfold(key, open = !this.unfolded.has(key)) {
    if (open) this.unfolded.add(key);
    else this.unfolded.delete(key);
    this.#paint();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const { owner } = this;
    const target = /** @type {Element} */ (event.target);
    const item = target.closest("[data-ids]");
    const act = target.closest("[data-act]")?.getAttribute("data-act");
    if (target === this.dialog || act === "close") return this.dialog.close();
    if (act === "all-read") return this.readAll();
    if (act === "retry") return this.#load();
    const tab = target.closest("[data-view]");
    if (tab) return this.show(/** @type {View} */ (tab.getAttribute("data-view")));
    if (!item || !owner) return;
    if (act === "read") return this.toggle(this.idsOf(item));
    if (act === "why") return owner.why({ notification: this.idsOf(item)[0] });
    if (act === "unfold") return this.unfold(item.getAttribute("data-key") ?? "");
    if (target.closest("a")) owner.notices.mark(this.idsOf(item), true).catch(() => {}); // The page's links do the rest.
  }

  #more() {
    const { scrollHeight, scrollTop, clientHeight } = this.box;
    const { notices } = /** @type {Notifications} */ (this.owner);
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX && reachOf(notices.state, this.view).more) this.#load(true);
  }

  async #load(further = false) {
    const { notices } = /** @type {Notifications} */ (this.owner);
    if (this.#loading || (reachOf(notices.state, this.view).loaded && !further)) return;
    const { view } = this;
    this.#loading = true;
    await this.#try(notices.load(view));
    this.#loading = false;
    if (view !== this.view) this.#load();
  }

  /** @param {Promise<unknown>} work */
  async #try(work) {
    this.classList.remove("inbox--failed");
    await work.catch(() => this.classList.add("inbox--failed"));
    this.#paint();
  }

  #paint() {
    const { state } = /** @type {Notifications} */ (this.owner).notices;
    const notices = shown(state, this.view, this.#held);
    for (const { id } of notices) this.#held.add(id);
    const folds = fold(notices);
    const now = new Date();
    const focused = document.activeElement?.closest("[data-ids]")?.getAttribute("data-ids")?.split(" ")[0];
    reconcile(this.list, folds, {
      key: ({ key }) => key,
      version: (one) => versionOf(one, this.unfolded.has(one.key), now),
      build: (one) => row(one, this.unfolded.has(one.key), now),
    });
    // Read ones and unread ones are rows of their own, so a row may have gone from under the focus.
    if (focused && !this.list.contains(document.activeElement)) {
      /** @type {HTMLElement} */ (this.list.querySelector(`[data-ids~="${focused}"] a`) ?? this.box).focus();
    }
    const { loaded } = reachOf(state, this.view);
    this.classList.toggle("inbox--loading", !loaded);
    const empty = one(this, ".inbox__none");
    empty.toggleAttribute("hidden", !loaded || folds.length > 0);
    empty.replaceChildren(...NOTHING[this.view].map((words, index) => el(index ? "p" : "strong", {}, words)));
    one(this, "[data-act=all-read]").toggleAttribute("disabled", !state.unread);
    one(this, ".inbox__count").textContent = state.unread ? String(state.unread > 99 ? "99+" : state.unread) : "";
    if (loaded) this.#more();
    else if (!this.classList.contains("inbox--failed")) this.#load();
  }
}

/** @type {Promise<unknown> | null} */
let styled = null;

/** @param {Notifications} owner */
export async function openInbox(owner) {
  const panel = /** @type {InboxPanel} */ (one(document, "notification-inbox"));
  styled ??= style(panel.getAttribute("data-styles") ?? "");
  await styled;
  if (!panel.owner) panel.start(owner);
  if (!panel.dialog.open) panel.open();
}

/** @param {string} href */
function style(href) {
  const link = el("link", { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
}

customElements.define("notification-inbox", InboxPanel);
