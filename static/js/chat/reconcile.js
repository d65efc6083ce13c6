// Makes the children of an element match a list, touching as little as it can. Owns the elements' keys.

/**
 * @template T
 * @typedef {{ key: (item: T) => string, version: (item: T) => string, build: (item: T) => HTMLElement }} Recipe
 */

/** @type {WeakMap<Element, { key: string, version: string }>} */
const made = new WeakMap();

/**
 * An element stays while its key and version do. A new version takes the old one's place, and the focus with it.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {Recipe<T>} recipe
 */
export function reconcile(parent, items, recipe) {
  const old = new Map([...parent.children].map((child) => [made.get(child)?.key, child]));
  const wanted = items.map((item) => current(old, item, recipe));
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
  let cursor = parent.firstElementChild;
  for (const node of wanted) {
    if (node === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(node, cursor);
  }
}

/**
 * @template T
 * @param {Map<string | undefined, Element>} old
 * @param {T} item
 * @param {Recipe<T>} recipe
 * @returns {HTMLElement}
 */
function current(old, item, recipe) {
  const key = recipe.key(item);
  const version = recipe.version(item);
  const known = old.get(key);
  if (known && made.get(known)?.version === version) return /** @type {HTMLElement} */ (known);
  const node = recipe.build(item);
  made.set(node, { key, version });
  if (known) replace(known, node);
  return node;
}

/**
 * @param {Element} known
 * @param {HTMLElement} node
 */
function replace(known, node) {
  const focused = known.contains(document.activeElement);
  known.replaceWith(node);
  if (focused) node.focus({ preventScroll: true });
}
