// <chat-composer>: where one writes. Owns the text, the draft and the message being edited; sending is the session's, the
// message being answered the ReplyBar's.

import { whyNot } from "./actions.js";
import { CompletionList } from "./completion-list.js";
import { other } from "./direct.js";
import { icon, one, Part, toast } from "./dom.js";
import { typingLine } from "./format.js";
import { quoteOf } from "./quote.js";
import { ReplyBar } from "./reply-bar.js";
import { countdown } from "./standing.js";
import { lastOwn } from "./timeline.js";

// docs/protocol.md, "Limits"; the counter appears when it begins to matter.
const LONGEST = 8_000;
const COUNT_FROM = 7_500;

/** @type {Record<string, string>} */
const ICONS = { archived: "archive", "read-only": "lock", muted: "mic-off", maintenance: "wrench", slow: "timer" };

export class Composer extends Part {
  /** @type {Message | null} */ #editing = null;
  #room = 0;
  /** @type {any} */ #tick = 0;
  /** @type {CompletionList | null} */ #completion = null;
  /** @type {ReplyBar | null} */ #answer = null;
  input = /** @type {HTMLTextAreaElement} */ (one(this, "textarea"));
  button = /** @type {HTMLButtonElement} */ (one(this, ".composer__send"));

  /** @param {App} app */
  start(app) {
    this.app = app;
    const completion = (this.#completion = new CompletionList(this, app));
    this.#answer = new ReplyBar(this, app);
    this.input.addEventListener("input", () => this.#changed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => completion.close());
    this.button.addEventListener("click", () => this.#submit());
    one(this, ".composer__cancel").addEventListener("click", () => this.stopEditing());
    for (const type of ["rooms", "blocked", "timeline"]) app.session.addEventListener(type, () => this.#showRoom());
    one(this, ".composer__unblock").addEventListener("click", () => this.#unblock());
    app.session.addEventListener("typing", () => this.#showTyping());
    // A press on the button must not take the focus, or a phone's keyboard closes after each message.
    this.button.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  /** Another room is open: its draft is the text. */
  enter() {
    const { room } = this.app.session;
    if (!room || room.id === this.#room) return;
    this.#room = room.id;
    this.#endEdit();
    this.#answer?.enter(room.id);
    this.#write(this.app.drafts.get(room.id));
    this.#showRoom();
    this.#showTyping();
  }

  /**
   * @param {string} text joins what is there
   * @param {Quote | null} quote
   */
  put(text, quote) {
    this.#write(this.input.value ? `${text}\n${this.input.value}` : text);
    if (quote) this.#answer?.set(quote);
    this.focus();
  }

  /** @param {Message} message */
  reply(message) {
    this.stopEditing();
    this.#answer?.set(quoteOf(message));
    this.focus();
  }

  stopReplying() {
    return !!this.#answer?.take();
  }

  /** @param {Message} message */
  edit(message) {
    this.#editing = message;
    this.#write(message.body);
    this.classList.add("composer--editing");
    this.focus();
  }

  stopEditing() {
    if (!this.#editing) return false;
    this.#endEdit();
    this.#write(this.app.drafts.get(this.#room));
    this.focus();
    return true;
  }

  #endEdit() {
    this.#editing = null;
    this.classList.remove("composer--editing");
  }

  async #submit() {
    const body = this.input.value.trim();
    if (!body || [...body].length > LONGEST) return;
    const why = this.app.session.standing;
    if (why?.kind === "muted" || why?.closed) return toast(why.text);
    if (this.#editing) return this.#save(this.#editing, body);
    this.#write("");
    this.app.drafts.set(this.#room, "");
    this.app.timeline.toEnd();
    this.app.session.send(body, this.#answer?.take());
  }

  /**
   * @param {Message} message
   * @param {string} body
   */
  async #save(message, body) {
    try {
      if (body !== message.body) await this.app.session.edit(message, body);
      if (this.#editing === message) this.stopEditing();
    } catch (error) {
      toast(`Not changed. ${whyNot(error)}`);
    }
  }

  #changed() {
    this.#fit();
    if (!this.#editing) this.app.drafts.set(this.#room, this.input.value);
    if (this.input.value.trim() && !this.#editing) this.app.session.type();
    this.#completion?.update();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.keyCode === 229) return; // 229: Safari's last key of a composition.
    if (this.#completion?.key(event)) return event.preventDefault();
    const breaks = event.shiftKey || event.altKey || matchMedia("(hover: none) and (pointer: coarse)").matches;
    if (event.key === "Enter" && !breaks) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" && !this.input.value && !event.altKey) {
      const { session } = this.app;
      const message = lastOwn(session.log(session.current).timeline, session.me.id);
      if (message) event.preventDefault();
      if (message) this.edit(message);
    }
  }

  /**
   * @param {string} text
   * @param {number} caret
   */
  #write(text, caret = text.length) {
    this.input.value = text;
    this.input.setSelectionRange(caret, caret);
    this.#completion?.close();
    this.#fit();
  }

  /**
   * @param {string} text
   * @param {number} caret
   */
  accept(text, caret) {
    this.#write(text, caret);
    this.#changed();
  }

  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
    const length = this.input.value.length < COUNT_FROM ? 0 : [...this.input.value].length;
    const count = one(this, ".composer__count");
    count.textContent = length >= COUNT_FROM ? String(LONGEST - length) : "";
    count.classList.toggle("composer__count--over", length > LONGEST);
    this.button.disabled = !this.input.value.trim() || length > LONGEST;
  }

  #showRoom() {
    const { room } = this.app.session;
    if (!room) return;
    this.#showStanding();
    this.input.setAttribute("aria-label", `Message to ${room.name}`);
    this.input.placeholder = `Message ${room.name}`;
  }

  /** Why one cannot write, if so; and what of it passes by itself, second by second. */
  #showStanding() {
    const { session } = this.app;
    const why = session.standing;
    const note = one(this, ".composer__standing");
    const line = one(note, "span");
    this.classList.toggle("composer--closed", !!why?.closed);
    if (this.dataset.standing !== (why?.kind ?? "")) {
      this.dataset.standing = why?.kind ?? "";
      note.firstElementChild?.replaceWith(icon(ICONS[why?.kind ?? ""] ?? "ban"));
    }
    if (line.textContent !== (why?.text ?? "")) line.textContent = why?.text ?? ""; // Said once.
    const left = why?.kind === "slow" && why.until ? countdown(why.until - Date.now() - session.ahead) : "";
    if (this.button.dataset.left !== left) {
      this.button.dataset.left = left;
      this.button.setAttribute("aria-label", left ? `Send, in ${left}` : "Send");
    }
    clearTimeout(this.#tick);
    if (why?.until) this.#tick = setTimeout(() => this.#showStanding(), 1_000);
  }

  async #unblock() {
    const person = other(this.app.session.room);
    if (person) await this.app.actions.block(person, false);
    this.focus();
  }

  #showTyping() {
    one(this, ".composer__typing").textContent = typingLine(this.app.session.typing.names(this.#room));
  }
}

customElements.define("chat-composer", Composer);
