// What for the officer searches and looks back: stated once, in force for a shift, shown meanwhile.
// The service keeps it, so it goes on after a reload and at another desk.
import { Refused, get, hooks, post } from '../api/client';
import type { Purpose } from '../api/types';
import { ticking } from '../words/time.svelte';

class Purposes {
  /** Whether nothing is searched or looked back at without one. */
  isRequired = $state(false);
  isLoaded = $state(false);
  #told = $state.raw<Purpose[]>([]);
  /** Those that are still good, the one in force first. */
  open = $derived(this.#told.filter((purpose) => Date.parse(purpose.expires) > ticking.now));
  current = $derived<Purpose | undefined>(this.open[0]);
  /** One is needed, and none is in force. */
  isMissing = $derived(this.isLoaded && this.isRequired && this.current === undefined);

  async begin() {
    hooks.purposeMissing = () => void this.#read();
    await this.#read();
  }

  end() {
    hooks.purposeMissing = undefined;
    this.isLoaded = false;
    this.#told = [];
  }

  /** States a purpose; it is in force from now on. Throws `Refused`. */
  async state(caseNumber: string, reason: string, legalBasis: string) {
    await post('/api/v1/purposes', { body: { case: caseNumber, reason, legal_basis: legalBasis || null } });
    await this.#read();
  }

  /** Goes back to one that is still good. Throws `Refused`. */
  async takeUp(id: number) {
    await post('/api/v1/purposes/{purpose}/take-up', { path: { purpose: id } });
    await this.#read();
  }

  async #read() {
    try {
      const told = await get('/api/v1/purposes');
      this.isRequired = told.is_required;
      this.#told = told.open;
      this.isLoaded = true;
    } catch (error) {
      // Who may neither search nor play needs none; the bar about the connection says the rest.
      if (!(error instanceof Refused)) throw error;
    }
  }
}

export const purposes = new Purposes();
