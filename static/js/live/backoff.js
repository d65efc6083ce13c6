// How long to wait before the next attempt. Owns two numbers of docs/protocol.md, "Close codes".

export const FIRST_MS = 500;
export const LONGEST_MS = 30_000;

/**
 * Full jitter: anywhere between nothing and a bound that doubles, so that ten thousand pages that lost the same
 * worker do not come back in one wave.
 * @param {number} attempt how many attempts failed before this one
 * @param {() => number} random
 */
export function backoff(attempt, random = Math.random) {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
}
