// What an admin tells the whole site, above the room: that nobody can post for now, and announcements. Fetched with the
// first of them. Owns the lines; they stand in a region that is read out.

import { el, icon, one } from "./dom.js";
import { time } from "./format.js";

/** @type {HTMLElement | null} */
let maintenance = null;

/** @param {string | null} reason null: it is over */
export function showMaintenance(reason) {
  maintenance?.remove();
  maintenance = null;
  if (reason === null) return;
  const words = el("span", { class: "banner__text" }, el("strong", {}, "Maintenance: you can read, not write. "), reason);
  maintenance = el("p", { class: "banner" }, icon("wrench"), words);
  one(document, ".site-news").prepend(maintenance);
}

/** @param {AnnouncementFrame} announcement */
export function showAnnouncement({ text, by, at }) {
  const close = el("button", { class: "icon-button", type: "button", "aria-label": "Dismiss" }, icon("x"));
  const words = el("span", { class: "banner__text" }, el("strong", {}, `${by}: `), text);
  const line = el("p", { class: "banner banner--news" }, icon("megaphone"), words, el("span", { class: "banner__wait" }, time(at)), close);
  close.addEventListener("click", () => line.remove());
  one(document, ".site-news").append(line);
}
