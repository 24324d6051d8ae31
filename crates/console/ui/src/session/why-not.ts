// Why somebody was not let in, in words.
import { Refused } from '../api/client';
import { say } from '../words/words.svelte';

/** Returns why signing in did not work. Throws what is no answer of the service. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Refused)) throw error;
  const { session: words, shell } = say();
  if (error.status === 401) return words.wrong;
  if (error.status === 429) return words.too_many(error.retryAfter ?? 60);
  return error.status === 0 ? shell.unreachable : error.message;
}
