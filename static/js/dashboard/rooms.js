// The rooms: a page at a time, found, sorted and turned over on the server. Nothing moves under a pointer.

import { el, one, row, say } from "./dom.js";
import { ago, count, moment, plural } from "./format.js";
import { answers, fromAddress, held, sortedBy, toAddress } from "./view.js";

/** @type {(readonly [string, string])[]} */
const COLUMNS = [["name", "Room"], ["number", "Online"], ["number", "Messages a minute"], ["number", "Last message"], ["number", "Open reports"]];
// One is still typing.
const TYPING_MS = 200;
const PAGE = 25;

export class Rooms {
  /** @type {ReturnType<Rooms["made"]>[]} */ rows = [];
  /** @type {BoardRoom[]} */ shown = [];
  /** @type {any} */ #typing = null;
  #pages = 1;
  #moved = true;

  /** @param {HTMLElement} root @param {(view: RoomsView) => void} ask */
  constructor(root, ask) {
    this.root = root;
    this.ask = ask;
    this.view = fromAddress(location.search);
    this.body = one(root, "tbody");
    this.summary = one(root, "[data-summary]");
    this.empty = /** @type {HTMLElement} */ (one(root, ".rooms-none"));
    this.search = /** @type {HTMLInputElement} */ (one(root, "input[type=search]"));
    this.turners = /** @type {HTMLButtonElement[]} */ ([...root.querySelectorAll("[data-turn]")]);
    this.search.value = this.view.query;
    this.search.addEventListener("input", () => this.#find());
    for (const button of root.querySelectorAll("[data-sort]")) {
      button.addEventListener("click", () => this.#look(sortedBy(this.view, button.getAttribute("data-sort") ?? "")));
    }
    for (const button of this.turners) {
      button.addEventListener("click", () => this.#look({ ...this.view, page: this.view.page + Number(button.getAttribute("data-turn")) }));
    }
    this.#mark();
  }

  /** @param {RoomsPage} page @param {number} now */
  show(page, now) {
    if (!answers(this.view, page)) return; // Of what was asked before.
    this.view = { ...this.view, page: page.page };
    this.#pages = page.pages;
    const still = !this.#moved && this.body.matches(":hover, :focus-within") && page.rooms.length > 0;
    this.#moved = false;
    this.shown = still ? held(this.shown, page.rooms) : page.rooms;
    while (this.rows.length < this.shown.length) {
      this.rows.push(this.made());
      this.body.append(this.rows[this.rows.length - 1].node);
    }
    for (const { node } of this.rows.splice(this.shown.length)) node.remove();
    this.shown.forEach((room, index) => this.fill(this.rows[index], room, now));
    this.#sum(page);
    this.root.removeAttribute("aria-busy");
  }

  made() {
    const { node, cells } = row(COLUMNS);
    const link = el("a");
    const marks = el("span", { class: "marks" });
    cells[0].append(link, marks);
    return { node, cells, link, marks };
  }

  /** @param {ReturnType<Rooms["made"]>} shown @param {BoardRoom} room @param {number} now */
  fill({ cells, link, marks }, room, now) {
    const address = (this.root.dataset.room ?? "").replace("/0/", `/${room.id}/`);
    if (link.getAttribute("href") !== address) link.setAttribute("href", address);
    say(link, room.name);
    say(marks, [room.kind === "private" ? "private" : "", room.archived ? "archived" : ""].filter(Boolean).join(" · "));
    [count(room.online), count(room.rate), ago(room.last_message_at, now), count(room.reports)].forEach((text, index) => {
      const cell = cells[index + 1];
      say(cell, text);
      cell.classList.toggle("cell--zero", text === "0" || text === "never");
    });
    cells[3].title = moment(room.last_message_at);
    cells[4].classList.toggle("cell--alert", room.reports > 0);
  }

  /** @param {RoomsPage} page */
  #sum({ page, pages, total, open_reports }) {
    const first = (page - 1) * PAGE + 1;
    const range = total > PAGE ? `${count(first)}–${count(first + this.shown.length - 1)} of ${count(total)}` : plural(total, "room");
    say(this.summary, open_reports ? `${range} · ${plural(open_reports, "open report")}` : range);
    this.empty.hidden = total > 0;
    say(this.empty, this.view.query ? `No room is called “${this.view.query}”.` : "There are no rooms yet.");
    for (const button of this.turners) {
      const to = page + Number(button.getAttribute("data-turn"));
      button.disabled = to < 1 || to > pages;
    }
  }

  #find() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#look({ ...this.view, query: this.search.value, page: 1 }), TYPING_MS);
  }

  /** @param {RoomsView} view */
  #look(view) {
    this.view = { ...view, page: Math.max(1, Math.min(view.page, view.query === this.view.query ? this.#pages : 1)) };
    this.#moved = true;
    this.root.setAttribute("aria-busy", "true");
    history.replaceState(null, "", `${location.pathname}${toAddress(this.view)}`);
    this.#mark();
    this.ask(this.view);
  }

  #mark() {
    for (const button of this.root.querySelectorAll("[data-sort]")) {
      const head = button.closest("th");
      const sorted = button.getAttribute("data-sort") === this.view.sort;
      head?.setAttribute("aria-sort", sorted ? (this.view.order === "asc" ? "ascending" : "descending") : "none");
    }
  }
}
