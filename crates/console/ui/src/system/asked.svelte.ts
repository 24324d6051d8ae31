// Something asked of the service for a page: what came, why not, and whether it is on its way.
import { Refused } from '../api/client';

export class Asked<Body> {
  body = $state.raw<Body>();
  problem = $state.raw<Refused>();
  isBusy = $state(false);
  /** What stands in `body` answers another question than the one asked last. */
  isOld = $state(false);
  #latest = 0;
  /** Whether anything came yet; no state, so that who asks does not ask again for the answer. */
  #hasCome = false;

  constructor(private readonly ask: () => Promise<Body>) {}

  /** Asks something else than before. What an earlier question brings is not taken any more. */
  async read() {
    this.isOld = this.#hasCome;
    await this.refresh();
  }

  /** Asks the same again: what stands there is good until the answer comes. */
  async refresh() {
    this.#latest += 1;
    const turn = this.#latest;
    this.isBusy = true;
    try {
      const body = await this.ask();
      if (turn !== this.#latest) return;
      this.body = body;
      this.#hasCome = true;
      this.isOld = false;
      this.problem = undefined;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (turn === this.#latest) this.problem = error;
    } finally {
      if (turn === this.#latest) this.isBusy = false;
    }
  }
}
