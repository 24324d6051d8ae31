// Who sits at the desk. A service without log-in has no such question; one with it answers nothing
// but this until somebody has signed in.
import { Refused, get, hooks, post, remove } from '../api/client';
import type { Me } from '../api/types';
import { ticking } from '../words/time.svelte';
import { Ending, isSoon } from './ending';

/** `open`: there is no log-in. */
type State = 'unknown' | 'open' | 'out' | 'in';

const AGAIN = 3000;

class Session {
  state = $state<State>('unknown');
  /** Replaced when somebody else sits here or may do otherwise: not by a session that merely lasts longer, or whatever
   * hangs on what one may do (a live view) would begin anew. */
  me = $state.raw<Me>();
  /** When the session ends, in ms. */
  expires = $state(Infinity);
  /** The service did not answer when it was asked who is here; it is asked again. */
  isUnanswered = $state(false);
  /** When the session ended though nobody had signed out, in ms: its time was over, or somebody ended it. */
  endedAt = $state<number>();
  /** Who sat here last. */
  lastName = '';

  #ending = new Ending(() => this.#lasts());

  /** Finds out who is signed in; asks until the service answers. */
  async begin() {
    hooks.unauthorised = (path) => {
      // A wrong password is answered so as well, and is no end of a session.
      if (!path.endsWith('/session')) this.#leave(this.state === 'in' ? Date.now() : undefined);
    };
    for (;;) {
      try {
        this.#enter(await get('/api/v1/me'));
        return;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status === 404) this.state = 'open';
        if (error.status === 404 || error.status === 401) return;
        this.isUnanswered = true;
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  /** Signs in. Throws `Refused`: 401 for a wrong name or password, 429 for too many tries. */
  async signIn(name: string, password: string) {
    this.#enter(await post('/api/v1/session', { body: { name, password } }));
  }

  /** Sets one's own password. Throws `Refused`: 403 where the present one is another, 429 after too many. */
  async changePassword(present: string, chosen: string) {
    await post('/api/v1/me/password', { body: { present, new: chosen } });
    this.#enter(await get('/api/v1/me'));
  }

  async signOut() {
    try {
      await remove('/api/v1/session');
    } finally {
      this.#leave();
    }
  }

  /** Whether the officer may do something; without log-in everybody may. */
  may(what: string): boolean {
    return this.state === 'open' || this.me?.can[what] === true;
  }

  /** Whether the session's end is near enough to be spoken of. */
  get isEnding(): boolean {
    return this.me !== undefined && isSoon(this.expires, ticking.now);
  }

  /** Asks the service until when the session lasts; one that has ended is left by the answer. */
  async #lasts(): Promise<number | undefined> {
    try {
      this.#know(await get('/api/v1/me'));
      return this.expires;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return undefined;
    }
  }

  #know(me: Me) {
    this.expires = Date.parse(me.expires);
    const besides = (one: Me | undefined) => JSON.stringify({ ...one, expires: undefined });
    if (besides(me) !== besides(this.me)) this.me = me;
  }

  #enter(me: Me) {
    this.#know(me);
    this.state = 'in';
    this.endedAt = undefined;
    this.lastName = me.name;
    this.#ending.set(this.expires);
  }

  #leave(endedAt?: number) {
    this.#ending.clear();
    this.endedAt = endedAt;
    this.me = undefined;
    this.expires = Infinity;
    this.state = 'out';
  }
}

export const session = new Session();
