// What one can do with a message, and with a person. Owns the words around it; what happens is the session's.

import { copyText, toast } from "./dom.js";
import { messagePath } from "./route.js";

/** @type {Record<string, (actions: Actions, message: Message, row: HTMLElement) => unknown>} */
const BY_NAME = {
  reply: (actions, message) => actions.reply(message),
  link: (actions, message) => actions.copyLink(message),
  text: (actions, message) => actions.copyText(message),
  unread: (actions, message) => actions.markUnread(message),
  person: (actions, message, row) => actions.about(message.author, row),
  edit: (actions, message) => actions.edit(message),
  report: (actions, message) => actions.canReport(message) && actions.app.moderate((moderation) => moderation.report(message)),
  delete: (actions, message) => actions.delete(message),
};

export class Actions {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
  }

  /**
   * @param {string} name as the menu has it
   * @param {Message} message
   * @param {HTMLElement} row
   */
  run(name, message, row) {
    BY_NAME[name]?.(this, message, row);
  }

  /** @param {Message} message */
  reply(message) {
    if (this.canReply(message)) this.app.composer.reply(message);
  }

  /** @param {Message} message */
  async copyLink(message) {
    const { room } = this.app.session;
    if (!room) return;
    await copyText(new URL(messagePath(room, message.seq), location.href).href);
    toast("Link copied");
  }

  /** @param {Message} message */
  async copyText(message) {
    await copyText(message.body);
    toast("Text copied");
  }

  /** @param {Message} message */
  edit(message) {
    if (this.isOwn(message)) this.app.composer.edit(message);
  }

  /** @param {Message} message */
  async delete(message) {
    if (this.canRemove(message)) return this.app.moderate((moderation) => moderation.remove(message));
    if (!this.isOwn(message)) return;
    if (!(await this.app.confirm("Delete this message?", "Nobody will be able to read it any more.", "Delete"))) return;
    try {
      await this.app.session.delete(message);
    } catch (error) {
      toast(`Not deleted. ${whyNot(error)}`);
    }
  }

  /** @param {Message} message */
  markUnread(message) {
    this.app.session.markUnread(message.seq);
    toast("Unread from here");
  }

  /**
   * @param {Person} person
   * @param {HTMLElement} by where the menu opens
   */
  about(person, by) {
    if (person.id !== this.app.session.me.id) this.app.person.open(person, by.querySelector(".message__author") ?? by);
  }

  /** @param {number[]} people ids */
  async converse(people) {
    try {
      this.app.openRoom(await this.app.session.people.converse(people));
    } catch (error) {
      toast(whyNot(error));
    }
  }

  /**
   * @param {Person} person
   * @param {boolean} wish
   */
  async block(person, wish) {
    const meaning = "Neither of you can write to the other, and in rooms their messages are folded away and notify you of nothing. They are not told.";
    if (wish && !(await this.app.confirm(`Block ${person.name}?`, meaning, "Block"))) return;
    try {
      await this.app.session.people.block(person.id, wish);
      toast(wish ? `${person.name} is blocked` : `${person.name} is no longer blocked`);
    } catch (error) {
      toast(whyNot(error));
    }
  }

  /** @param {Message} message */
  canReply(message) {
    return message.kind === "text" && !message.deleted_at && !this.app.session.room?.archived;
  }

  /** Whether this person keeps order in the open room. */
  get isModerator() {
    const { room } = this.app.session;
    return !!room && room.kind !== "direct" && room.role !== "member";
  }

  /** @param {Message} message */
  canReport(message) {
    return message.kind === "text" && !message.deleted_at && message.author.id !== this.app.session.me.id;
  }

  /** @param {Message} message */
  canRemove(message) {
    return this.isModerator && this.canReport(message);
  }

  /** @param {Message} message */
  isOwn(message) {
    return message.author.id === this.app.session.me.id && message.kind === "text" && !message.deleted_at;
  }
}

/** @param {unknown} error */
export function whyNot(error) {
  return error instanceof Error && "code" in error ? error.message : "There is no connection right now.";
}
