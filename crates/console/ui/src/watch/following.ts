// Which critical alert a wall shows large: the newest that nobody has acknowledged, for a while. Pure.
import { isAcknowledged, isOpen } from '../alerts/queue';
import type { Alert } from '../api/types';

/** Nobody answers: the wall goes back to what it was told to show. The queue and its escalation go on. */
export const FOLLOWED_MS = 60_000;

export class Following {
  /** When each was told of here. A camera's clock may be off, so its own time says nothing of when the room should look. */
  #told = new Map<string, number>();
  #isBegun = false;

  /**
   * Returns the alert to be shown at `now` with the first of its cameras that `isSeen`, of all that are known. Those that
   * are known at first count from when they happened: who turns a wall on late does not look back.
   */
  of(alerts: Alert[], isSeen: (camera: string) => boolean, now: number): { alert: Alert; camera: string } | undefined {
    const critical = alerts.filter((alert) => alert.severity === 1);
    const before = this.#told;
    this.#told = new Map(critical.map((alert) => [alert.id, before.get(alert.id) ?? (this.#isBegun ? now : Date.parse(alert.first))]));
    this.#isBegun = true;
    let shown: { alert: Alert; camera: string; told: number } | undefined;
    for (const alert of critical) {
      const told = this.#told.get(alert.id) ?? 0;
      const camera = alert.cameras.find(isSeen);
      if (camera === undefined || isAcknowledged(alert) || !isOpen(alert) || now - told >= FOLLOWED_MS) continue;
      if (!shown || told > shown.told || (told === shown.told && alert.first > shown.alert.first)) shown = { alert, camera, told };
    }
    return shown && { alert: shown.alert, camera: shown.camera };
  }
}
