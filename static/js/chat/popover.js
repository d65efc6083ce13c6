// What the menus over the page share: where they stand, and walking through them by keys.

/**
 * Below what was pressed where there is room for the menu, else above it.
 * @param {HTMLElement} menu
 * @param {Element} by
 * @param {"left" | "right"} side the edge that both share
 */
export function place(menu, by, side) {
  const { top, bottom, left, right } = by.getBoundingClientRect();
  const below = innerHeight - bottom > menu.offsetHeight + 8;
  const edge = Math.min(side === "right" ? innerWidth - right : left, innerWidth - menu.offsetWidth - 8);
  menu.style.setProperty(side === "right" ? "--right" : "--left", `${Math.max(8, edge)}px`);
  menu.style.setProperty("--top", below ? `${bottom + 4}px` : "auto");
  menu.style.setProperty("--bottom", below ? "auto" : `${Math.max(8, innerHeight - top + 4)}px`);
}

/**
 * @param {HTMLElement} menu
 * @param {KeyboardEvent} event
 */
export function walk(menu, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Tab") return menu.hidePopover();
  if (!step) return;
  event.preventDefault();
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("button:not([hidden])")]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  items[(at + step + items.length) % items.length].focus();
}
