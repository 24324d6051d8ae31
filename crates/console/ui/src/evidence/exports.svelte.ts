// The sealed packages: asked for again and again while somebody looks, faster while one is being made.
import { Refused, call } from '../api/client';

export interface Act {
  by: string;
  at: string;
}

export interface Package {
  id: string;
  case: string;
  reason: string;
  legal_basis: string | null;
  cameras: string[];
  stream: string;
  start: string;
  end: string;
  operator: string;
  ordered: string;
  protected: boolean;
  second_needed: boolean;
  second: Act | null;
  state: 'asked' | 'refused' | 'waiting' | 'running' | 'done' | 'failed' | 'removed';
  done_bytes: number | null;
  total_bytes: number | null;
  changed: string;
  package: string | null;
  bytes: number | null;
  key: string | null;
  warnings: string[];
  failed: string | null;
  refused: string | null;
}

/** What becomes of privacy masks: they stay, or what lies under them leaves, which a second person agrees to. */
export type Masks = 'keep' | 'remove';

/** What is to be sealed. */
export interface Order {
  purpose: number;
  cameras: string[];
  start: string;
  end: string;
  stills: boolean;
  masks: Masks;
  passphrase?: string;
}

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
      this.all = (await call<{ exports: Package[] }>('get', '/api/v1/exports')).exports;
      this.problem = undefined;
      this.isLoaded = true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problem = error;
    }
  }

  /** Orders a package. Throws `Refused`. */
  async order(order: Order): Promise<Package> {
    const made = await call<Package>('post', '/api/v1/exports', { body: order });
    this.all = [made, ...this.all.filter(({ id }) => id !== made.id)];
    this.#hurry();
    return made;
  }

  /** Agrees to a package, or refuses it with a reason. Throws `Refused`. */
  async decide(id: string, agree: boolean, reason?: string) {
    const decided = await call<Package>('post', `/api/v1/exports/${id}/decision`, { body: { agree, reason } });
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
