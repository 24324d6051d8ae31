// What officers do about alerts, as the service answers and takes it (`docs/alerts.md`).
import { post } from './client';
import type { components } from './schema';

type Bodies = components['schemas'];

/** Who did something, and when; no name where the program did it by itself. */
export type Signed = Bodies['SignedBody'];
/** How an alert is handled. Its `version` grows by one with every action, and is sent with the next. */
export type Handling = Bodies['HandlingBody'];
export type LogEntry = Bodies['LogEntryBody'];
export type Step = Bodies['StepBody'];
export type Outcome = 'true' | 'false' | 'duplicate' | 'no_action';

export type Action =
  | { word: 'ack' | 'unshelve' }
  | { word: 'assign'; to: string }
  | { word: 'escalate'; to: string; reason: string }
  | { word: 'silence'; until?: string }
  | { word: 'shelve'; until: string; reason: string }
  | { word: 'note'; text: string }
  | { word: 'step'; number: number }
  | { word: 'close'; outcome: Outcome; reason: string }
  | { word: 'reopen'; reason: string }
  | { word: 'hold'; reason: string; until?: string };

/**
 * Does something about an alert whose handling was seen at `version`. Throws `Refused`; with status
 * 409 its problem's `current` is how the alert is handled now: somebody was first.
 */
export async function act(alert: string, version: number, { word, ...what }: Action): Promise<Handling> {
  const done = await post('/api/v1/alerts/{alert}/{action}', {
    path: { alert, action: word },
    body: { version, ...what },
    // A request that is lost on the way may be sent again, and is done once.
    headers: { 'idempotency-key': crypto.randomUUID() },
  });
  return done.handling;
}
