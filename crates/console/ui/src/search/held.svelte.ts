// What is held back from deletion, for the lanes: asked for again while somebody looks, who may know of it.
import { Refused, get } from '../api/client';
import type { Hold } from '../api/types';
import { session } from '../session/session.svelte';

const EVERY = 10_000;

class Held {
  holds = $state.raw<Hold[]>([]);
  #watchers = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Keeps it current until what it returns is called. */
  watch(): () => void {
    if (!session.may('hold') && !session.may('approve')) return () => {};
    if (this.#watchers++ === 0) {
      void this.#read();
      this.#timer = setInterval(() => void this.#read(), EVERY);
    }
    return () => {
      if (--this.#watchers === 0) clearInterval(this.#timer);
    };
  }

  async #read() {
    try {
      this.holds = await get('/api/v1/holds');
    } catch (error) {
      // The bar about the connection says it already.
      if (!(error instanceof Refused)) throw error;
    }
  }
}

export const held = new Held();
