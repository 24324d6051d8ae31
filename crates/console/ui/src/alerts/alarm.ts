// What is to be heard, pure: a critical alert goes on until somebody has taken it on or silenced it,
// at whatever desk; a high one beeps once, the others are seen only.
import type { Alert } from '../api/types';

/** What is played now. */
export interface Heard {
  /** Critical alerts that nobody has taken on, and nobody silenced. */
  urgent: string[];
  /** A high alert has just come. */
  beep: boolean;
}

export class Alarm {
  /** High alerts that were here before, or have beeped. */
  #known: Set<string> | undefined;
  /** Critical alerts silenced at this desk, before the service has said so or where it could not: by the
   * version of the handling that was silenced. */
  #silenced = new Map<string, number>();

  /** Takes the alerts as they are at `now`, in ms; those of the first time do not beep. */
  next(alerts: Alert[], now: number): Heard {
    const waiting = alerts.filter(isWaiting);
    const sounds = (alert: Alert) => alert.severity === 1 && !isSilenced(alert, now) && !this.#isSilencedHere(alert);
    const urgent = waiting.filter(sounds).map(({ id }) => id);
    const high = waiting.filter(({ severity }) => severity === 2).map(({ id }) => id);
    const known = this.#known;
    const beep = known !== undefined && high.some((id) => !known.has(id));
    this.#known = new Set([...(known ?? []), ...high]);
    return { urgent, beep };
  }

  /** These are heard no more at this desk, until they are put before somebody else or come back. */
  silence(alerts: Alert[]) {
    for (const { id, handling } of alerts) this.#silenced.set(id, soundsAnew(handling));
  }

  /** What was put before somebody else since is heard again, here too. */
  #isSilencedHere({ id, handling }: Alert): boolean {
    return this.#silenced.get(id) === soundsAnew(handling);
  }

  /** Somebody else sits here: nothing is known or silenced. */
  forget() {
    this.#known = undefined;
    this.#silenced.clear();
  }
}

/** Whether somebody silenced an alert, at all desks, and not for a time that is over at `now`, in ms. */
export function isSilenced({ handling }: Alert, now: number): boolean {
  const silenced = handling?.silenced;
  return silenced != null && (!silenced.until || Date.parse(silenced.until) > now);
}

/** Returns what changes when an alert sounds anew: it was put before somebody higher. */
function soundsAnew(handling: Alert['handling'] | undefined): number {
  return handling?.escalated ? Date.parse(handling.escalated.at) : 0;
}

function isWaiting({ handling, condition }: Alert): boolean {
  if (!handling) return condition !== 'cleared';
  return handling.state === 'new' && handling.shelved === null;
}
