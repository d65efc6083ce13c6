// What one can do with a message. Owns the words around it; what happens is the session's.

import { copyText, toast } from "./dom.js";
import { messagePath } from "./route.js";

export class Actions {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
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

  /** @param {Message} message */
  isOwn(message) {
    return message.author.id === this.app.session.me.id && message.kind === "text" && !message.deleted_at;
  }
}

/** @param {unknown} error */
export function whyNot(error) {
  return error instanceof Error && "code" in error ? error.message : "There is no connection right now.";
}
