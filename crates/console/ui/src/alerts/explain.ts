// Why the service did not do, or did not tell, what was asked about an alert, in words of the desk.
import type { Refused } from '../api/client';
import type { Handling } from '../api/handling';
import { tellRefusal } from '../api/problem-words';
import { clockTime } from '../words/time.svelte';
import { say } from '../words/words.svelte';

/** Somebody was first, which is news and no mistake; or it was refused. */
export type Explained = { first: string; current: Handling } | { refused: Refused; current?: Handling };

/** Returns why something about an alert was not done, and how it is handled now where the service says that. */
export function whyNotDone(error: Refused): Explained {
  const current = error.problem['current'] as Handling | undefined;
  if (error.status !== 409 || !current?.latest) return { refused: error, current };
  const { by, action, at } = current.latest;
  const words = say().handling as unknown as Record<string, unknown>;
  const word = typeof words[action] === 'string' ? words[action] : action;
  return { first: say().handling.was_first(by ?? say().handling.itself, word, clockTime(at)), current };
}

/** Returns why an alert, or something of it, cannot be shown. */
export function whyNotShown(error: Refused): string {
  const { status } = error;
  if (status === 0) return say().shell.unreachable;
  if (status === 403) return say().detail.out_of_reach;
  if (status === 404) return say().detail.gone;
  return mayComeLater(status) ? say().detail.busy : tellRefusal(error).word;
}

/** Whether asking again may help: the service was not reached, or had too much to do. */
export const mayComeLater = (status: number) => status === 0 || status === 429 || status >= 500;
