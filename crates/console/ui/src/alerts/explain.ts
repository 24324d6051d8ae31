// Why the service did not do, or did not tell, what was asked about an alert, in words of the desk.
import type { Refused } from '../api/client';
import type { Handling } from '../api/handling';
import { clockTime } from '../words/time.svelte';
import { say } from '../words/words.svelte';

export interface Explained {
  text: string;
  /** That somebody was first is no problem. */
  isProblem: boolean;
  /** How the alert is handled now, where somebody was first. */
  current?: Handling;
}

/** Returns why something about an alert was not done. */
export function whyNotDone(error: Refused): Explained {
  const current = error.problem['current'] as Handling | undefined;
  if (error.status === 409 && current?.latest) {
    const { by, action, at } = current.latest;
    const words = say().handling as unknown as Record<string, unknown>;
    const word = typeof words[action] === 'string' ? words[action] : action;
    return { text: say().handling.was_first(by ?? say().handling.itself, word, clockTime(at)), isProblem: false, current };
  }
  if (error.status === 403) return { text: say().session.may_not, isProblem: true };
  const reasons = error.problem['invalid-params']?.map((param) => `${param.name}: ${param.reason}`).join(' · ');
  return { text: `${say().handling.failed}: ${error.status === 0 ? say().shell.unreachable : (reasons ?? error.message)}`, isProblem: true, current };
}

/** Returns why an alert, or something of it, cannot be shown. */
export function whyNotShown({ status, message }: Refused): string {
  if (status === 0) return say().shell.unreachable;
  if (status === 403) return say().detail.out_of_reach;
  if (status === 404) return say().detail.gone;
  return mayComeLater(status) ? say().detail.busy : message;
}

/** Whether asking again may help: the service was not reached, or had too much to do. */
export const mayComeLater = (status: number) => status === 0 || status === 429 || status >= 500;
