// What a message shows of another one that it answers. Pure: the server's HTML goes in, plain text comes out.

// docs/protocol.md, "Objects".
const LONGEST = 200;

// Other tags part words; as chat/text.py has it.
const INLINE = new Set(["a", "code", "del", "em", "s", "span", "strong"]);

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
  const words = html.replace(/<\/?(\w+)(?:[^>"]|"[^"]*")*>/g, (_, tag) => (INLINE.has(tag) ? "" : " "));
  const text = words.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name.toLowerCase()] ?? whole;
    return String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16));
  });
  const characters = [...text.replace(/\s+/g, " ").trim()];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("").trimEnd()}…` : characters.join("");
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
