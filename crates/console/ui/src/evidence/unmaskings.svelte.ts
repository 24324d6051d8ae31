// Looks under privacy masks: who asked for which, and what a second person said. Asked for again while somebody looks.
import { Refused, get, post } from '../api/client';
import type { Unmasking } from '../api/types';
import { session } from '../session/session.svelte';
import { ticking } from '../words/time.svelte';
import { lookOf, type Look } from './looks';

const EVERY = 4000;
/** How long a look may be, in minutes. */
export const MINUTES = [15, 30, 60, 240, 480];

class Unmaskings {
  all = $state.raw<Unmasking[]>([]);
  isLoaded = $state(false);
  problem = $state.raw<Refused>();

  #watchers = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Keeps them current until what it returns is called. */
  watch(): () => void {
    if (this.#watchers++ === 0) {
      void this.refresh();
      this.#timer = setInterval(() => void this.refresh(), EVERY);
    }
    return () => {
      if (--this.#watchers === 0) clearInterval(this.#timer);
    };
  }

  async refresh() {
    try {
      this.all = (await get('/api/v1/unmaskings')).unmaskings;
      this.problem = undefined;
      this.isLoaded = true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problem = error;
    }
  }

  /** Asks to look at cameras for a while. Throws `Refused`. */
  async ask(purpose: number, cameras: string[], minutes: number) {
    const asked = await post('/api/v1/unmaskings', { body: { purpose, cameras, minutes } });
    this.all = [asked, ...this.all];
  }

  /** Agrees to a look, or refuses it with a reason. Throws `Refused`. */
  async decide(id: number, agree: boolean, reason?: string) {
    const decided = await post('/api/v1/unmaskings/{unmasking}/decision', { path: { unmasking: id }, body: { agree, reason } });
    this.all = this.all.map((one) => (one.id === id ? decided : one));
  }

  /** How far the look of whoever sits here is, now. */
  look(camera: string): Look {
    return lookOf(this.all, session.me?.name, camera, ticking.now);
  }
}

export const unmaskings = new Unmaskings();
