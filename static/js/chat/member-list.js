// <member-list>: the people of the open room, those online first. A panel at the side; on a narrow page it lies over it.

import { avatar, coalesce, el, one, Part } from "./dom.js";
import { reconcile } from "./reconcile.js";

export class MemberList extends Part {
  /** @param {App} app */
  start(app) {
    this.app = app;
    const paint = coalesce(() => this.#paint());
    for (const type of ["members", "blocked"]) app.session.addEventListener(type, paint);
    one(this, "ul").addEventListener("click", ({ target }) => this.#about(/** @type {Element} */ (target).closest("button")));
    one(this, "[data-act=close]").addEventListener("click", () => this.toggle(false));
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
    });
  }

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
      version: ({ id, name, avatar, role, online }) => [name, avatar, role, online, session.people.blocked.has(id)].join("\n"),
      build: (member) => row(member, session.people.blocked.has(member.id)),
    });
  }

  /** @param {HTMLElement | null} button */
  #about(button) {
    const { session, person } = this.app;
    const member = session.log(session.current).members?.find(({ id }) => String(id) === button?.dataset.person);
    if (member && button) person.open(member, button);
  }
}

/**
 * @param {Member} member
 * @param {boolean} blocked
 */
function row(member, blocked) {
  const said = blocked ? "blocked" : member.role === "member" ? "" : member.role;
  const button = el(
    "button",
    { class: `member${member.online ? " member--online" : ""}`, type: "button", "data-person": member.id, "aria-haspopup": "dialog" },
    avatar(member),
    el("span", { class: "member__name" }, member.name, el("span", { class: "visually-hidden" }, member.online ? ", online" : ", away")),
    said && el("span", { class: "muted" }, said),
  );
  const item = el("li", {}, button);
  item.focus = (options) => button.focus(options);
  return item;
}

customElements.define("member-list", MemberList);
