// The searches that are kept: one's own, and those that others share.
import { get, post, refusal, remove, type Refused } from '../api/client';
import type { SavedSearch } from '../api/types';
import { toAddress, type Conditions } from './conditions';

class Saved {
  all = $state.raw<SavedSearch[]>([]);
  problem = $state.raw<Refused>();
  /** What was removed last, until it is brought back. */
  removed = $state.raw<SavedSearch>();

  async read() {
    try {
      this.all = (await get('/api/v1/saved-searches')).searches;
    } catch (error) {
      this.problem = refusal(error);
    }
  }

  /** Keeps the conditions under a name; without the span of time unless it is wanted. Returns whether it is kept. */
  async keep(name: string, conditions: Conditions, { shared, withTime }: { shared: boolean; withTime: boolean }): Promise<boolean> {
    this.problem = undefined;
    const wanted = Object.entries(toAddress(conditions)).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
    const kept = wanted.filter(([key]) => withTime || (key !== 'start' && key !== 'end'));
    try {
      await post('/api/v1/saved-searches', { body: { name, query: new URLSearchParams(kept).toString(), shared } });
      await this.read();
      return true;
    } catch (error) {
      this.problem = refusal(error);
      return false;
    }
  }

  /** Removes one; `restore` brings back what was removed last. */
  async forget(search: SavedSearch) {
    this.problem = undefined;
    try {
      await remove('/api/v1/saved-searches/{search}', { path: { search: search.id } });
      this.removed = search;
      await this.read();
    } catch (error) {
      this.problem = refusal(error);
    }
  }

  /** Keeps again what was removed last. */
  async restore() {
    if (!this.removed) return;
    this.problem = undefined;
    try {
      const { name, query, shared } = this.removed;
      await post('/api/v1/saved-searches', { body: { name, query, shared } });
      this.removed = undefined;
      await this.read();
    } catch (error) {
      this.problem = refusal(error);
    }
  }
}

export const saved = new Saved();
