// Where somebody is told of what has just arrived. One pure decision; who asks brings the facts.

/**
 * @typedef {object} Facts
 * @property {boolean} alert whether the server says that it is worth a word: levels, quiet hours and switches are in it
 * @property {boolean} attentive whether this page is visible and has the focus
 * @property {boolean} onScreen whether its cause is what one is looking at
 * @property {boolean} elsewhere whether the person looks at another page of the site in this browser
 * @property {boolean} pushed whether this browser is told by Web Push as well
 * @property {boolean} permitted whether the person allows notifications of this site
 */

/**
 * @param {Facts} facts
 * @returns {"toast" | "desktop" | "nothing"}
 */
export function decide({ alert, attentive, onScreen, elsewhere, pushed, permitted }) {
  if (!alert) return "nothing";
  if (attentive) return onScreen ? "nothing" : "toast";
  return permitted && !pushed && !elsewhere ? "desktop" : "nothing";
}
