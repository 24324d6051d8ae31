// Why somebody was not let in, in words.
import { refusal } from '../api/client';
import { tellRefusal } from '../api/problem-words';
import { say } from '../words/words.svelte';

/** Returns why signing in did not work. Throws what is no answer of the service. */
export function whyNot(error: unknown): string {
  const refused = refusal(error);
  const { session: words } = say();
  if (refused.status === 401) return words.wrong;
  if (refused.status === 429) return words.too_many(refused.retryAfter ?? 60);
  return tellRefusal(refused).word;
}
