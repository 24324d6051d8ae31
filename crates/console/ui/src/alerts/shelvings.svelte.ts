// Rules that are shelved at a camera: their alerts are out of the queue until an end, or until somebody ends it.
import { Refused, get, post } from '../api/client';
import type { Alert, Shelving } from '../api/types';

/** How often it is asked what other desks have shelved. */
const EVERY = 15_000;

class Shelvings {
  all = $state.raw<Shelving[]>([]);

  /** Asks again and again which there are, until the returned function is called. */
  watch(): () => void {
    const timer = setInterval(() => void this.read(), EVERY);
    void this.read();
    return () => clearInterval(timer);
  }

  async read() {
    try {
      this.all = await get('/api/v1/shelvings');
    } catch (error) {
      // The bar about the connection says it already.
      if (!(error instanceof Refused)) throw error;
    }
  }

  /** Shelves the rule of an alert at the camera that saw it first. Throws `Refused`. */
  async shelve({ rule, cameras }: Alert, until: string, reason: string) {
    await post('/api/v1/shelvings', { body: { rule, camera: cameras[0] ?? '', until, reason } });
    await this.read();
  }

  /** Ends one before its time. Throws `Refused`. */
  async end(id: number) {
    await post('/api/v1/shelvings/{shelving}/end', { path: { shelving: id } });
    await this.read();
  }
}

export const shelvings = new Shelvings();
