// What waits for the moderators of a room, and what they did: open reports, who is banned, the log. A dialog of three tabs;
// its rows are queue-rows.js. Owns which tab is open, and keeps the first one live.

import { whyNot } from "../chat/actions.js";
import { el, icon, one, toast } from "../chat/dom.js";
import { actRow, banRow, reportRow } from "./queue-rows.js";
import { offerUndo, undo } from "./undo.js";

/** @type {Record<string, { label: string, ask: string, list: string, none: [string, string] }>} */
const TABS = {
  reports: { label: "Reports", ask: "report.list", list: "reports", none: ["No open reports", "When somebody reports a message, it stands here."] },
  bans: { label: "Banned", ask: "room.bans", list: "bans", none: ["Nobody is banned", "Who is banned from this room stands here until they may come back."] },
  acts: { label: "Log", ask: "room.acts", list: "acts", none: ["Nothing yet", "What owners and moderators do in this room is written down here."] },
};
const NAMES = Object.keys(TABS);

export class Queue {
  #tab = "reports";
  #reports = 0;
  #turn = 0;

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    const close = el("button", { class: "icon-button", type: "button", "aria-label": "Close", "data-do": "close" }, icon("x"));
    const tabs = NAMES.map((name) => el("button", { type: "button", role: "tab", id: `queue-${name}`, "data-tab": name, "aria-controls": "queue-box" }, TABS[name].label));
    this.tabs = el("div", { class: "mod__tabs", role: "tablist", "aria-label": "Which" }, ...tabs);
    this.box = el("div", { class: "mod__box", role: "tabpanel", id: "queue-box", tabindex: 0 });
    this.dialog = el("dialog", { class: "dialog mod", "aria-labelledby": "queue-title" }, el("header", { class: "mod__head" }, el("h2", { id: "queue-title" }, "Moderation"), close), this.tabs, this.box);
    document.body.append(this.dialog);
    this.dialog.addEventListener("click", (event) => this.#click(event));
    this.tabs.addEventListener("keydown", (event) => this.#key(event));
    app.session.addEventListener("rooms", () => this.#live());
    app.session.addEventListener("undone", () => this.dialog.open && this.#load());
  }

  open() {
    one(this.dialog, "h2").textContent = `Moderation of ${this.app.session.room?.name}`;
    this.dialog.showModal();
    this.show("reports");
    this.box.focus();
  }

  /** @param {string} tab */
  async show(tab) {
    this.#tab = tab;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.tabs.querySelectorAll("[role=tab]"))) {
      button.setAttribute("aria-selected", String(button.dataset.tab === tab));
      button.tabIndex = button.dataset.tab === tab ? 0 : -1;
    }
    this.box.setAttribute("aria-labelledby", `queue-${tab}`);
    await this.#load();
  }

  /** Somebody reported something, or another moderator was faster. */
  #live() {
    const { room } = this.app.session;
    if (!this.dialog.open || !room || room.reports === this.#reports) return;
    this.#reports = room.reports;
    if (this.#tab === "reports") this.#load();
  }

  async #load() {
    const { session } = this.app;
    const { ask, list, none } = TABS[this.#tab];
    const turn = ++this.#turn;
    this.#reports = session.room?.reports ?? 0;
    this.box.setAttribute("aria-busy", "true");
    try {
      const answer = await session.socket.request(ask, { room: session.current });
      if (turn !== this.#turn) return;
      const focused = this.box.contains(document.activeElement);
      const rows = answer[list].map((/** @type {any} */ item) => this.#row(item));
      const empty = el("div", { class: "mod__none" }, icon("shield"), el("strong", {}, none[0]), el("p", { class: "muted" }, none[1]));
      this.box.replaceChildren(rows.length ? el("ul", { class: "mod__list" }, ...rows) : empty);
      if (focused) this.box.focus();
    } catch (error) {
      if (turn === this.#turn) this.box.replaceChildren(el("p", { class: "mod__none", role: "alert" }, whyNot(error)));
    }
    this.box.removeAttribute("aria-busy");
  }

  /** @param {any} item */
  #row(item) {
    const { room } = this.app.session;
    if (this.#tab === "bans") return banRow(item);
    return this.#tab === "acts" ? actRow(item) : reportRow(item, /** @type {Room} */ (room));
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    const button = /** @type {Element} */ (target).closest("button");
    const wish = button?.dataset.do;
    if (target === this.dialog || wish === "close") return this.dialog.close();
    if (button?.dataset.tab) return this.show(button.dataset.tab);
    const id = Number(button?.dataset.id);
    if (wish === "undo") return undo(this.app, id);
    const { current } = this.app.session;
    if (wish === "unban") return this.#do(this.#act("member.unban", { room: current, person: id }, `${button?.dataset.name} may come back`));
    if (wish === "removed" || wish === "dismissed") {
      this.#do(this.#act("report.handle", { report: id, outcome: wish }, wish === "removed" ? "The message is deleted" : "The report is dismissed"));
    }
  }

  /** @param {Promise<unknown>} work */
  async #do(work) {
    await work;
    await this.#load();
  }

  /**
   * @param {string} type
   * @param {object} fields
   * @param {string} done
   */
  async #act(type, fields, done) {
    try {
      const { entry } = await this.app.session.socket.request(type, fields);
      offerUndo(this.app, done, entry);
    } catch (error) {
      toast(whyNot(error));
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = NAMES[(NAMES.indexOf(this.#tab) + step + NAMES.length) % NAMES.length];
    this.show(next);
    /** @type {HTMLElement} */ (one(this.tabs, `[data-tab=${next}]`)).focus();
  }
}
