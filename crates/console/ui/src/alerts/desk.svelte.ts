// Who else is at the desk, as the service tells it while the duty page is open.
import { follow, type Feed } from '../live/feed';

/** Somebody who may handle alerts where whoever sits here may. */
export interface Officer {
  name: string;
  display_name: string;
}

class Desk {
  others = $state.raw<Officer[]>([]);
  #feed: Feed | undefined;

  /** Follows who is there until the returned function is called. */
  follow(): () => void {
    this.#begin();
    return () => {
      this.#feed?.close();
      this.others = [];
    };
  }

  #begin() {
    this.#feed?.close();
    this.#feed = follow<{ officers: Officer[] }>('desk', 'presence', { after: undefined, readAt: Date.now() }, {
      item: ({ officers }) => (this.others = officers),
      alive: () => {},
      // Nobody knows then.
      broken: () => (this.others = []),
      reset: () => this.#begin(),
    });
  }
}

export const desk = new Desk();
