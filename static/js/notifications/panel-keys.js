// The keys of the inbox. A letter acts on the row that has the focus; nothing here begins a message.

/**
 * @param {InboxPanel} panel
 * @param {KeyboardEvent} event
 */
export function onPanelKey(panel, event) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey) return;
  if (key.length === 1) event.stopPropagation();
  const tab = /** @type {Element} */ (target).closest("[role=tab]");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (tab && step) panel.turn(step).focus();
  else if (key in MOVES) MOVES[key](panel);
  else if (!act(panel, /** @type {Element} */ (target), event)) return;
  event.preventDefault();
}

/** @type {Record<string, (panel: InboxPanel) => void>} */
const MOVES = {
  ArrowDown: (panel) => move(panel, 1),
  ArrowUp: (panel) => move(panel, -1),
  Home: (panel) => links(panel)[0]?.focus(),
  End: (panel) => links(panel).at(-1)?.focus(),
  1: (panel) => panel.show("all"),
  2: (panel) => panel.show("unread"),
  3: (panel) => panel.show("mentions"),
  A: (panel) => panel.readAll(),
};

/**
 * @param {InboxPanel} panel
 * @param {Element} target
 * @param {KeyboardEvent} event
 * @returns {boolean} whether it was one of ours
 */
function act(panel, target, { key }) {
  const item = target.closest("[data-ids]");
  if (!item || !target.closest("a")) return false;
  const fold = item.getAttribute("data-key") ?? "";
  if (key === "u" || key === "e") panel.toggle(panel.idsOf(item));
  else if (key === "w") panel.owner?.why({ notification: panel.idsOf(item)[0] });
  else if (key === "ArrowRight" || key === "ArrowLeft") panel.unfold(fold, key === "ArrowRight");
  else return false;
  return true;
}

/**
 * @param {InboxPanel} panel
 * @param {1 | -1} step
 */
function move(panel, step) {
  const all = links(panel);
  const from = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, from + step))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

/**
 * @param {InboxPanel} panel
 * @returns {HTMLElement[]}
 */
function links(panel) {
  return [...panel.list.querySelectorAll("a")];
}
