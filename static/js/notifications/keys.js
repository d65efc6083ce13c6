// The keys of notifications on the chat page. With Alt, because a letter alone begins a message wherever one is, and most
// often one is in the message box. By the key's place, since Alt makes another letter of it on a Mac.

import { one } from "../chat/dom.js";

/** @param {Notifications} owner */
export function listenToKeys(owner) {
  document.addEventListener("keydown", (event) => {
    const { code, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (!altKey || ctrlKey || metaKey || shiftKey || document.querySelector("dialog[open]")) return;
    if (code === "KeyI") owner.openInbox();
    else if (code === "KeyM") /** @type {RoomLevel} */ (one(document, "room-level")).open();
    else return;
    event.preventDefault();
  });
}
