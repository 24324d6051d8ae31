// What officers do about alerts, as the service answers and takes it (`docs/alerts.md`).
import { call } from './client';

export interface Signed {
  /** The account; null where the program did it by itself. */
  by: string | null;
  at: string;
}

/** How an alert is handled. */
export interface Handling {
  state: 'new' | 'acknowledged' | 'in_progress' | 'closed';
  /** Grows by one with every action: to be sent with the next one. */
  version: number;
  acknowledged: Signed | null;
  assignee: string | null;
  escalated: (Signed & { to: string; reason: string }) | null;
  /** When it goes higher by itself unless somebody acknowledges it. */
  escalates_at: string | null;
  escalates_to: string | null;
  shelved: (Signed & { until: string; reason: string }) | null;
  verdict: (Signed & { outcome: Outcome; reason: string }) | null;
  latest: (Signed & { action: string }) | null;
}

export type Outcome = 'true' | 'false' | 'duplicate' | 'no_action';

export interface LogEntry extends Signed {
  version: number;
  action: string;
  to?: string;
  reason?: string;
  until?: string;
  text?: string;
  number?: number;
  outcome?: Outcome;
}

export interface Step {
  number: number;
  text: string;
  done: Signed | null;
}

export type Action =
  | { word: 'ack' | 'unshelve' }
  | { word: 'assign'; to: string }
  | { word: 'escalate'; to: string; reason: string }
  | { word: 'shelve'; until: string; reason: string }
  | { word: 'note'; text: string }
  | { word: 'step'; number: number }
  | { word: 'close'; outcome: Outcome; reason: string }
  | { word: 'reopen' | 'hold'; reason: string };

/**
 * Does something about an alert whose handling was seen at `version`. Throws `Refused`; with status
 * 409 its problem's `current` is how the alert is handled now: somebody was first.
 */
export async function act(alert: string, version: number, { word, ...what }: Action): Promise<Handling> {
  const done = await call<{ handling: Handling }>('post', `/api/v1/alerts/${encodeURIComponent(alert)}/${word}`, {
    body: { version, ...what },
    // A request that is lost on the way may be sent again, and is done once.
    headers: { 'idempotency-key': crypto.randomUUID() },
  });
  return done.handling;
}
