// Whether what is shown is how things are. Pure.

// Figures come every two seconds; after two that did not come they are old.
export const FRESH_MS = 5_000;

/**
 * @param {{ state: string, verdict: { action: string, why: string } | null, heardAt: number, now: number }} at
 * @returns {{ live: boolean, word: string, detail: string }}
 */
export function freshness({ state, verdict, heardAt, now }) {
  const live = state === "open" && heardAt > 0 && now - heardAt <= FRESH_MS;
  if (live) return { live, word: "Live", detail: "" };
  if (state === "stopped") return { live, word: verdict?.action === "pause" ? "Paused" : "Stopped", detail: verdict?.why ?? "" };
  if (state === "open" && heardAt) return { live, word: "Late", detail: "The worker is connected and says nothing." };
  return { live, word: heardAt ? "Reconnecting" : "Connecting", detail: "" };
}
