// What a message shows of another one that it answers. Pure: the server's HTML goes in, plain text comes out.

// docs/protocol.md, "Objects".
const LONGEST = 200;

/** @type {Record<string, string>} */
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };

/**
 * @param {Message} message
 * @returns {Quote}
 */
export function quoteOf({ id, seq, author, html, deleted_at }) {
  return { id, seq, author, text: deleted_at ? "" : plain(html), deleted: !!deleted_at };
}

/**
 * The text of what the server rendered, in one line.
 * @param {string} html
 */
export function plain(html) {
  const text = html
    .replace(/<\/(?:p|li|h\d|pre|blockquote|tr|td|th)>|<br[^>]*>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
      if (name) return ENTITIES[name.toLowerCase()] ?? whole;
      return String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16));
    });
  return [...text.replace(/\s+/g, " ").trim()].slice(0, LONGEST).join("");
}

/**
 * The quotes of a message say what it says now.
 * @param {Message[]} messages
 * @param {Message} message
 * @returns {Message[]} the same array when none quotes it
 */
export function requote(messages, message) {
  if (!messages.some(({ reply_to }) => reply_to?.id === message.id)) return messages;
  const quote = quoteOf(message);
  return messages.map((one) => (one.reply_to?.id === message.id ? { ...one, reply_to: quote } : one));
}
