// Whom a message concerns. Pure.

/**
 * Whether it calls a person: by name, or with the others. Who was online at the time only the server knew; who sees
 * the call now is taken to be meant.
 * @param {Message} message
 * @param {number} me
 */
export function callsMe({ author, mentions, audience, deleted_at }, me) {
  return author.id !== me && !deleted_at && (mentions.includes(me) || !!audience);
}

/**
 * Whether it speaks to a person in any of the ways that make it stand out.
 * @param {Message} message
 * @param {number} me
 */
export function isToMe(message, me) {
  return callsMe(message, me) || (message.reply_to?.author.id === me && message.author.id !== me && !message.deleted_at);
}
