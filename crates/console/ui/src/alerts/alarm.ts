// What is to be heard, pure: a critical alert goes on until somebody has taken it on or silenced it
// here, a high one beeps once, the others are seen only.
import type { Alert } from '../api/types';

/** What is played now. */
export interface Heard {
  /** Critical alerts that nobody has taken on, and nobody silenced at this desk. */
  urgent: string[];
  /** A high alert has just come. */
  beep: boolean;
}

export class Alarm {
  /** High alerts that were here before, or have beeped. */
  #known: Set<string> | undefined;
  /** Critical alerts silenced at this desk: what comes later is heard again. */
  #silenced = new Set<string>();

  /** Takes the alerts as they are; those of the first time do not beep. */
  next(alerts: Alert[]): Heard {
    const waiting = alerts.filter(isWaiting);
    const urgent = waiting.filter(({ id, severity }) => severity === 1 && !this.#silenced.has(id)).map(({ id }) => id);
    const high = waiting.filter(({ severity }) => severity === 2).map(({ id }) => id);
    const known = this.#known;
    const beep = known !== undefined && high.some((id) => !known.has(id));
    this.#known = new Set([...(known ?? []), ...high]);
    return { urgent, beep };
  }

  /** Those that sound now are heard no more. */
  silence(ids: string[]) {
    ids.forEach((id) => this.#silenced.add(id));
  }

  /** Somebody else sits here: nothing is known or silenced. */
  forget() {
    this.#known = undefined;
    this.#silenced.clear();
  }
}

function isWaiting({ handling, condition }: Alert): boolean {
  if (!handling) return condition !== 'cleared';
  return handling.state === 'new' && handling.shelved === null;
}
