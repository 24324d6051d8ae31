// When a session ends: spoken of half an hour before, looked after from then on, and judged by the service alone.

/** How long before its end a session is spoken of, in ms: time enough to have the password at hand. */
export const TOLD_BEFORE = 30 * 60_000;
/** From then on the service is asked so often how it stands: it may have been renewed in another tab. */
const EVERY = 60_000;
/** Past the end by this machine's clock the service is asked so often: its clock decides. */
const AGAIN = 5000;
/** Timers take no more than 2³¹ ms. */
const LONGEST = 24 * 3600_000;

/** Whether a session that ends at `expires` is spoken of at `now`, in ms. */
export const isSoon = (expires: number, now: number) => expires - now <= TOLD_BEFORE;

/** Looks after the end of one session at a time. */
export class Ending {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `ask` asks the service how long the session lasts, in ms; it answers nothing where it cannot be reached. */
  constructor(private readonly ask: () => Promise<number | undefined>) {}

  /** The session ends at `expires`. */
  set(expires: number) {
    this.clear();
    const left = expires - Date.now();
    const wait = left > TOLD_BEFORE ? left - TOLD_BEFORE : left > 0 ? Math.min(EVERY, left) : AGAIN;
    this.#timer = setTimeout(() => void this.#look(expires), Math.min(wait, LONGEST));
  }

  /** There is no session any more. */
  clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(expires: number) {
    const timer = this.#timer;
    const told = await this.ask();
    // Renewed or left meanwhile: that one has its own end.
    if (timer !== undefined && timer === this.#timer) this.set(told ?? expires);
  }
}
