// <member-list>: the people of the open room, those online first. A panel at the side; on a narrow page it lies over it.

import { avatar, coalesce, el, one, Part } from "./dom.js";
import { reconcile } from "./reconcile.js";

export class MemberList extends Part {
  /** @param {App} app */
  start(app) {
    this.app = app;
    const paint = coalesce(() => this.#paint());
    app.session.addEventListener("members", paint);
    one(this, "[data-act=close]").addEventListener("click", () => this.toggle(false));
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
    });
  }

  /** @param {boolean} open */
  /** @param {boolean} [wish] */
  toggle(wish) {
    const open = wish ?? this.hasAttribute("hidden");
    this.toggleAttribute("hidden", !open);
    const button = /** @type {HTMLElement} */ (one(document, "[data-act=members]"));
    button.setAttribute("aria-expanded", String(open));
    if (open) this.enter();
    if (open) /** @type {HTMLElement} */ (one(this, "[data-act=close]")).focus();
    else button.focus();
  }

  /** Another room is open. */
  enter() {
    if (this.hasAttribute("hidden")) return;
    this.#paint();
    this.app.session.loadMembers(this.app.session.current);
  }

  #paint() {
    const { session } = this.app;
    const { members } = session.log(session.current);
    this.classList.toggle("members--loading", !members);
    const sorted = [...(members ?? [])].sort((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
    reconcile(one(this, "ul"), sorted, {
      key: ({ id }) => String(id),
      version: ({ name, avatar, role, online }) => [name, avatar, role, online].join("\n"),
      build: row,
    });
  }
}

/** @param {Member} member */
function row(member) {
  return el(
    "li",
    { class: `member${member.online ? " member--online" : ""}` },
    avatar(member),
    el("span", { class: "member__name" }, member.name, el("span", { class: "visually-hidden" }, member.online ? ", online" : ", away")),
    member.role === "member" ? null : el("span", { class: "muted" }, member.role),
  );
}

customElements.define("member-list", MemberList);
