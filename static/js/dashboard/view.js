// Which page of the rooms one looks at: from and to the address, and what a click on a heading does. Pure.

/** @type {RoomsView} */
export const FIRST = { query: "", sort: "online", order: "desc", page: 1 };
const SORTS = ["name", "online", "rate", "last", "reports"];

/** @param {string} search of an address @returns {RoomsView} */
export function fromAddress(search) {
  const asked = new URLSearchParams(search);
  const sort = asked.get("sort") ?? "";
  const page = Number(asked.get("page"));
  return {
    query: (asked.get("q") ?? "").slice(0, 60),
    sort: SORTS.includes(sort) ? sort : FIRST.sort,
    order: asked.get("order") === "asc" ? "asc" : "desc",
    page: Number.isInteger(page) && page > 0 && page <= 1_000_000 ? page : 1,
  };
}

/** What differs from the first page. @param {RoomsView} view */
export function toAddress(view) {
  const asked = new URLSearchParams();
  if (view.query) asked.set("q", view.query);
  if (view.sort !== FIRST.sort) asked.set("sort", view.sort);
  if (view.order !== FIRST.order) asked.set("order", view.order);
  if (view.page !== FIRST.page) asked.set("page", String(view.page));
  return asked.size ? `?${asked}` : "";
}

/**
 * By another column, the way one wants it first; by the same one, the other way round.
 * @param {RoomsView} view
 * @param {string} sort
 * @returns {RoomsView}
 */
export function sortedBy(view, sort) {
  const order = view.sort === sort ? (view.order === "asc" ? "desc" : "asc") : sort === "name" ? "asc" : "desc";
  return { ...view, sort, order, page: 1 };
}

/** Whether a page that came is the one that is looked at. @param {RoomsView} view @param {RoomsPage} page */
export function answers(view, page) {
  const here = page.page === view.page || (page.page === page.pages && view.page > page.pages);
  return here && page.query === view.query.trim() && page.sort === view.sort && page.order === view.order;
}

/**
 * The same rooms in the order they stand in, with their new figures: nothing moves under a pointer.
 * @param {readonly BoardRoom[]} shown
 * @param {readonly BoardRoom[]} fresh
 */
export function held(shown, fresh) {
  const byId = new Map(fresh.map((room) => [room.id, room]));
  return shown.map((room) => byId.get(room.id) ?? room);
}
