// How many messages have come of an export, piece by piece. Pure.

/**
 * Counts lines, less the head, of JSON lines; articles of a page. A tag cut in two is counted with its second half.
 * @param {string} type the content type
 * @returns {(piece: Uint8Array) => number} how many have come so far
 */
export function counter(type) {
  const mark = type.startsWith("text/html") ? "</article>" : "\n";
  const decoder = new TextDecoder();
  let count = mark === "\n" ? -1 : 0;
  let rest = "";
  return (piece) => {
    const text = rest + decoder.decode(piece, { stream: true });
    count += text.split(mark).length - 1;
    rest = mark.length > 1 ? text.slice(text.lastIndexOf(mark) < 0 ? -(mark.length - 1) : Math.max(text.lastIndexOf(mark) + mark.length, text.length - mark.length + 1)) : "";
    return Math.max(0, count);
  };
}
