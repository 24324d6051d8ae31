// Something asked of the service for a page: what came, why not, and whether it is on its way.
import { Refused } from '../api/client';

export class Asked<Body> {
  body = $state.raw<Body>();
  problem = $state.raw<Refused>();
  isBusy = $state(false);
  #latest = 0;

  constructor(private readonly ask: () => Promise<Body>) {}

  /** Asks (again). What an earlier question brings is not taken any more. */
  async read() {
    this.#latest += 1;
    const turn = this.#latest;
    this.isBusy = true;
    try {
      const body = await this.ask();
      if (turn !== this.#latest) return;
      this.body = body;
      this.problem = undefined;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (turn === this.#latest) this.problem = error;
    } finally {
      if (turn === this.#latest) this.isBusy = false;
    }
  }
}
