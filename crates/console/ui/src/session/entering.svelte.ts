// Signing in, from a page of its own or within one: the password until it has been judged, and why it did not do.
import { session } from './session.svelte';
import { whyNot } from './why-not';

export class Entering {
  password = $state('');
  problem = $state('');
  isBusy = $state(false);

  /** Signs somebody in; returns whether they are. A password that was refused is to be written anew. */
  async enter(name: string): Promise<boolean> {
    this.isBusy = true;
    this.problem = '';
    try {
      await session.signIn(name, this.password);
      return true;
    } catch (error) {
      this.problem = whyNot(error);
      this.password = '';
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
