// Small tools for elements that are made by hand. Text goes in as text, and only where it differs.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {T}
 */
export function one(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return /** @type {T} */ (found);
}

/** @param {Element} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A row of a table whose cells know their column's name: on a narrow page it stands before them.
 * Explicit roles: a table that is laid out as blocks is none for a screen reader otherwise.
 * @param {readonly (readonly [string, string])[]} columns class and name of each
 */
export function row(columns) {
  const cells = columns.map(([name, label]) => el("td", { class: `cell cell--${name}`, role: "cell", "data-label": label }));
  return { node: el("tr", { role: "row" }, ...cells), cells };
}
