// The sealed packages: asked for again and again while somebody looks, faster while one is being made.
import { Refused, get, post } from '../api/client';
import type { Export, ExportRequest } from '../api/types';

export type Package = Export;

/** What becomes of privacy masks: they stay, or what lies under them leaves, which a second person agrees to. */
export type Masks = 'keep' | 'remove';

/** What is to be sealed. */
export type Order = ExportRequest & { masks: Masks };

const [SOON, LATER] = [700, 5000];

class Packages {
  all = $state.raw<Package[]>([]);
  isLoaded = $state(false);
  problem = $state.raw<Refused>();

  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Keeps them current until what it returns is called. */
  watch(): () => void {
    if (this.#watchers++ === 0) void this.#turn();
    return () => {
      if (--this.#watchers === 0) clearTimeout(this.#timer);
    };
  }

  async refresh() {
    try {
      this.all = (await get('/api/v1/exports')).exports;
      this.problem = undefined;
      this.isLoaded = true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problem = error;
    }
  }

  /** Orders a package. Throws `Refused`. */
  async order(order: Order): Promise<Package> {
    const made = await post('/api/v1/exports', { body: order });
    this.all = [made, ...this.all.filter(({ id }) => id !== made.id)];
    this.#hurry();
    return made;
  }

  /** Agrees to a package, or refuses it with a reason. Throws `Refused`. */
  async decide(id: string, agree: boolean, reason?: string) {
    const decided = await post('/api/v1/exports/{export}/decision', { path: { export: id }, body: { agree, reason } });
    this.all = this.all.map((one) => (one.id === id ? decided : one));
    this.#hurry();
  }

  #hurry() {
    if (this.#watchers === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#turn(), SOON);
  }

  async #turn() {
    await this.refresh();
    if (this.#watchers === 0) return;
    clearTimeout(this.#timer);
    const isMoving = this.all.some(({ state }) => state === 'waiting' || state === 'running');
    this.#timer = setTimeout(() => void this.#turn(), isMoving ? SOON : LATER);
  }
}

export const packages = new Packages();

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const [GROUPS, LONG] = [6, 4];

/** Returns a passphrase made by chance: 24 letters of 31, 118 bits, none that is taken for another. */
export function madePassphrase(): string {
  const chosen: string[] = [];
  while (chosen.length < GROUPS * LONG) {
    for (const byte of crypto.getRandomValues(new Uint8Array(64))) {
      // What is left over of 256 would favour some letters.
      if (byte < 256 - (256 % LETTERS.length) && chosen.length < GROUPS * LONG) chosen.push(LETTERS[byte % LETTERS.length] as string);
    }
  }
  return Array.from({ length: GROUPS }, (_, at) => chosen.slice(at * LONG, (at + 1) * LONG).join('')).join('-');
}
