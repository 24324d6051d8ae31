// Whether an alert has waited longer than it should for somebody to answer: its target is the first rung of the
// escalation of its severity. Pure.
import type { Alert, AlertsPage } from '../api/types';
import { isOpen } from './queue';

/** How long an alert of a severity may wait, in ms; severities that nobody is told of are left out. */
export type Targets = ReadonlyMap<number, number>;

export const targetsOf = ({ answer_within: targets = [] }: Partial<Pick<AlertsPage, 'answer_within'>>): Targets =>
  new Map(targets.map(({ severity, seconds }) => [severity, seconds * 1000]));

export interface Late {
  /** How long since it should have been answered, in ms. */
  by: number;
  /** How long it might have waited. */
  target: number;
}

/** Returns by how much an alert is late at `now`; undefined where it is not, or no target is set. */
export function lateOf(alert: Alert, targets: Targets, now: number): Late | undefined {
  const { handling } = alert;
  const target = targets.get(alert.severity);
  if (!target || !handling || handling.state !== 'new' || !isOpen(alert)) return undefined;
  // What came back from the shelf begins to wait anew: the service says until when.
  const due = handling.escalates_at && !handling.escalated ? Date.parse(handling.escalates_at) : Date.parse(alert.first) + target;
  return now > due ? { by: now - due, target } : undefined;
}
