// <inbox-bell>: how many notifications are unread, and the way to them. One in the side bar, one in a phone's header.

import { coalesce, one } from "../chat/dom.js";
import { plural, short } from "../chat/format.js";

export class InboxBell extends HTMLElement {
  /** @param {Notifications} owner */
  start(owner) {
    const { notices } = owner;
    const button = /** @type {HTMLElement} */ (one(this, "button"));
    const show = coalesce(() => {
      const { unread } = notices.state;
      one(this, ".bell__count").textContent = unread ? short(unread) : "";
      button.setAttribute("aria-label", unread ? `Notifications, ${plural(unread, "unread", "unread")}` : "Notifications");
    });
    notices.addEventListener("change", show);
    button.addEventListener("click", () => owner.openInbox());
  }
}

customElements.define("inbox-bell", InboxBell);
