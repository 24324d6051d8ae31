// Keeps a picture at its place on the wall clock: pure, no video, no timer. All times in milliseconds.

/** What a video is to do. */
export type Steered = { rate: number } | { seek: number };

/** Two tiles that are each within this are within 80 ms of each other. */
const NEAR = 30;
/** Further off than this, a seek is seen less than a chase would be. */
const FAR = 500;
/** A chase by a twentieth is not seen in traffic. */
const SLOWEST = 0.02;
const FASTEST = 0.06;

/** Returns what a video that lags behind its place by `behind` (negative: ahead) is to do. */
export function steer(behind: number): Steered {
  const off = Math.abs(behind);
  if (off > FAR) return { seek: behind };
  if (off <= NEAR) return { rate: 1 };
  const pull = Math.min(FASTEST, SLOWEST + (off / FAR) * (FASTEST - SLOWEST));
  return { rate: behind > 0 ? 1 + pull : 1 - pull };
}

/** Nobody waits longer for the slowest camera than for the quickest: it is then shown later. */
export const LONGEST_WAIT = 2000;
/** What is kept in hand beyond the worst that was seen. */
const IN_HAND = 120;
/** How much sooner everything is shown again, per look, once cameras have become quicker. */
const EASING = 15;
/** How much of the worst lag is forgotten per look. */
const FADING = 3;

/**
 * How far behind now all tiles of a page are shown: as much as the slowest camera needs, so that the
 * same moment stands on all of them. Lags are by two clocks, the service's and the browser's, and may be
 * negative; only how they differ is of meaning.
 */
export class CommonDelay {
  /** Undefined before the first picture. */
  now: number | undefined;
  #worst = new Map<unknown, number>();

  /** Notes how old the newest picture of `who` is. */
  note(who: unknown, lag: number) {
    const before = this.#worst.get(who);
    this.#worst.set(who, before === undefined ? lag : Math.max(lag, before - FADING));
  }

  forget(who: unknown) {
    this.#worst.delete(who);
  }

  /** Looks again: up at once, down slowly. */
  look() {
    const worst = [...this.#worst.values()];
    if (worst.length === 0) return;
    const quickest = Math.min(...worst);
    const needed = Math.max(...worst.filter((lag) => lag <= quickest + LONGEST_WAIT)) + IN_HAND;
    const isLater = this.now === undefined || needed > this.now;
    // One that was far too late has been given up: nobody waits for it any more.
    const isFar = this.now !== undefined && this.now - needed > LONGEST_WAIT;
    this.now = isLater || isFar ? needed : Math.max(needed, (this.now ?? needed) - EASING);
  }
}
