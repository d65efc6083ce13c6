// What owners and moderators do from the chat page, and reports. Fetched with its style sheet when somebody first does; the
// page knows it only as `App.moderate`.

import { el, icon, one, toast } from "../chat/dom.js";
import { ACTS, COUNTS, LONGEST, offers, SPANS } from "./acts.js";
import { ask, line, select } from "./ask-dialog.js";
import { Queue } from "./queue.js";
import { offerUndo } from "./undo.js";

/** @type {[string, string][]} docs/protocol.md, `message.report` */
const REASONS = [["spam", "Spam"], ["abuse", "Hurts or threatens somebody"], ["private", "Tells somebody's private matters"], ["other", "Something else"]];

export class Moderation {
  /** @type {Queue | null} */ #queue = null;

  /** @param {App} app */
  constructor(app) {
    this.app = app;
  }

  /** @param {App} app */
  static async begin(app) {
    const link = el("link", { rel: "stylesheet", href: one(document, "#undo").getAttribute("data-styles") });
    document.head.append(link);
    await new Promise((resolve) => (link.onload = link.onerror = resolve));
    return new Moderation(app);
  }

  openQueue() {
    this.#queue ??= new Queue(this.app);
    this.#queue.open();
  }

  /** @param {Message} message */
  report(message) {
    const { session } = this.app;
    const choices = REASONS.map(([value, words], index) => el("label", {}, el("input", { type: "radio", name: "reason", value, required: true, checked: index === 0 }), words));
    const direct = session.room?.kind === "direct";
    ask({
      title: `Report ${message.author.name}'s message`, icon: "flag", yes: "Report",
      body: [
        el("p", { class: "muted" }, `${direct ? "The admins of this site" : "The moderators of this room"} will see it, and that you reported it. ${message.author.name} will not.`),
        el("fieldset", { class: "ask__reasons" }, el("legend", {}, "Why"), ...choices),
        line("Anything to add? (optional)", "note"),
      ],
      send: async (form) => {
        await session.socket.request("message.report", { message: message.id, reason: form.get("reason"), note: form.get("note") });
        toast("Thank you. A moderator will look.");
      },
    });
  }

  /** @param {Message} message another's */
  remove(message) {
    this.#ask("message", message.author, { message: message.id });
  }

  /**
   * @param {string} name
   * @param {Person} person
   */
  act(name, person) {
    this.#ask(name, person, { room: this.app.session.current, person: person.id });
  }

  /**
   * Fills a person's menu with what this person may do to them: at once by what is known, and again by what is so now. Nobody
   * is told when another moderator mutes somebody.
   * @param {Element} place
   * @param {Person} person
   * @param {() => void} grown
   */
  async offer(place, person, grown) {
    const { session } = this.app;
    const { current } = session;
    /** @type {string | null} */ let shown = null;
    const gone = new AbortController();
    const fill = () => {
      if (!place.isConnected) return gone.abort();
      const member = session.log(current).members?.find(({ id }) => id === person.id);
      const names = offers(session.room?.role ?? "member", member, Date.now());
      if (session.current !== current || names.join() === shown) return;
      shown = names.join();
      place.replaceChildren(...names.map((name) => el("button", { class: `menu__item${ACTS[name].danger ? " menu__item--danger" : ""}`, type: "button", "data-act": name }, icon(ACTS[name].icon), ACTS[name].label)));
      grown();
    };
    session.addEventListener("rooms", fill, { signal: gone.signal }); // One's own role may have changed.
    if (session.log(current).members) fill();
    await session.loadMembers(current);
    fill();
    place.ariaBusy = "false";
  }

  /**
   * @param {string} name
   * @param {Person} person
   * @param {object} target
   */
  #ask(name, person, target) {
    const { session } = this.app;
    const act = ACTS[name];
    const words = { name: person.name, room: session.room?.name ?? "", now: Date.now() };
    const spans = act.asks && act.asks !== "count" ? [...SPANS, /** @type {[string, string]} */ (act.asks === "mute" ? [LONGEST, "Until lifted"] : ["", "For good"])] : null;
    const touches = el("ul", { class: "ask__touches", "aria-live": "polite" }, el("li", {}, act.meaning));
    const dialog = ask({
      title: act.title(words), icon: act.icon, yes: act.yes, danger: act.danger,
      body: [
        touches,
        spans && select("For how long", "span", spans),
        act.asks === "count" && select("Which", "count", COUNTS),
        line("Reason (for the log)", "reason"),
      ],
      send: async (form) => {
        const choice = { span: String(form.get("span") ?? ""), count: String(form.get("count") ?? "0"), reason: String(form.get("reason")) };
        const answer = await session.socket.request(act.type, { ...target, ...act.fields(choice), reason: choice.reason });
        if (answer.message) session.log(answer.message.room).upsert(answer.message);
        if (name !== "message") session.loadMembers(session.current);
        dialog.close();
        offerUndo(this.app, act.done({ ...words, now: Date.now() }, choice), answer.entry);
      },
    });
    const count = /** @type {HTMLSelectElement | null} */ (dialog.querySelector("[name=count]"));
    const preview = async () => {
      if (!act.preview) return;
      const answer = await session.socket.request("act.preview", { ...target, act: act.preview, count: Number(count?.value ?? 0) }).catch(() => null);
      if (answer?.touches.length) touches.replaceChildren(...answer.touches.map((/** @type {string} */ text) => el("li", {}, text)));
    };
    count?.addEventListener("change", preview);
    preview();
  }
}
