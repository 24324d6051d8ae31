// A rule asked of the past: findings are read line by line as they come.
import { Refused } from '../api/client';
import type { components } from '../api/schema';
import type { Problem } from '../api/types';

type Bodies = components['schemas'];
export type Replayed = Bodies['ReplayedEvent'];
type Progress = Bodies['ReplayProgress'];
export type Unjudged = Bodies['UnjudgedRule'];
type Line = { event: Replayed } | { unjudged: Unjudged[] } | { progress: Progress } | { done: Progress } | { failed: string };

/** Findings that are kept: more say no more. */
const MOST = 2000;

export class Trial {
  isRunning = $state(false);
  events = $state.raw<Replayed[]>([]);
  /** Rules that find nothing in the past, whatever happened. */
  unjudged = $state.raw<Unjudged[]>([]);
  progress = $state.raw<Progress>();
  isDone = $state(false);
  failed = $state('');
  problem = $state.raw<Refused>();
  #leaving: AbortController | undefined;

  /** Asks; what was found before is forgotten. */
  async run(body: unknown) {
    this.stop();
    const leaving = new AbortController();
    this.#leaving = leaving;
    this.isRunning = true;
    this.events = [];
    this.unjudged = [];
    this.progress = undefined;
    this.isDone = false;
    this.failed = '';
    this.problem = undefined;
    try {
      await this.#read(body, leaving.signal);
    } catch (error) {
      if (leaving.signal.aborted) return;
      if (error instanceof Refused) this.problem = error;
      else if (error instanceof TypeError) this.problem = new Refused(0, {});
      else throw error;
    } finally {
      if (this.#leaving === leaving) this.isRunning = false;
    }
  }

  stop() {
    this.#leaving?.abort();
    this.isRunning = false;
  }

  async #read(body: unknown, signal: AbortSignal) {
    const response = await fetch('/api/v1/replays', {
      method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/x-ndjson, application/problem+json' }, body: JSON.stringify(body), signal,
    });
    if (!response.ok || !response.body) throw new Refused(response.status, (await response.json().catch(() => ({}))) as Partial<Problem>);
    let rest = '';
    let found: Replayed[] = [];
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (value ?? '')).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines.filter(Boolean)) {
        const line = JSON.parse(text) as Line;
        if ('event' in line) found.push(line.event);
        else if ('unjudged' in line) this.unjudged = line.unjudged;
        else if ('progress' in line) this.progress = line.progress;
        else if ('done' in line) [this.progress, this.isDone] = [line.done, true];
        else this.failed = line.failed;
      }
      // Drawn once for all that came together.
      if (found.length > 0) this.events = [...this.events, ...found].slice(0, MOST);
      found = [];
      if (done) return;
    }
  }
}
