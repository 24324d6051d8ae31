// The one clock that all tiles of a replay are shown by: a moment of the wall clock, in ms, that runs at
// a rate. Pure: told what time it is (`now`, in ms, of a clock that never jumps).

export class WallClock {
  #at: number;
  #since: number | undefined;
  #rate = 1;

  constructor(at: number) {
    this.#at = at;
  }

  get rate() {
    return this.#rate;
  }

  get isRunning() {
    return this.#since !== undefined;
  }

  /** The moment that is shown. */
  at(now: number): number {
    return this.#since === undefined ? this.#at : this.#at + (now - this.#since) * this.#rate;
  }

  run(now: number) {
    this.#since ??= now;
  }

  hold(now: number) {
    this.#at = this.at(now);
    this.#since = undefined;
  }

  seek(now: number, at: number) {
    this.#at = at;
    if (this.#since !== undefined) this.#since = now;
  }

  turn(now: number, rate: number) {
    this.seek(now, this.at(now));
    this.#rate = rate;
  }
}

/** How fast one can go; backwards the same from 1 on. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];
/** Up to here videos play; beyond, and backwards, they are set from picture to picture. */
const FASTEST_PLAYED = 4;

export const isPlayed = (rate: number) => rate > 0 && rate <= FASTEST_PLAYED;

/** What J and L do: the same key again is faster, the other one begins anew the other way. */
export function nextRate(rate: number, isPlaying: boolean, direction: 1 | -1): number {
  const fastest = SPEEDS.at(-1) ?? 1;
  if (!isPlaying || Math.sign(rate) !== direction || Math.abs(rate) < 1) return direction;
  return direction * Math.min(fastest, Math.abs(rate) * 2);
}
