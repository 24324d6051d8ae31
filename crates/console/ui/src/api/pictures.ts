// Pictures on their way from the service: few at once, so that feeds and questions keep their
// connections (a browser opens six to a host); asked for again while they may still come; kept a while.

/** Pictures fetched at once. */
const AT_ONCE = 2;
/** Pictures kept; one is about 20 kB. */
const KEPT = 400;
/** When a picture that is not there yet is asked for again: the moment after has yet to come, and be recorded. */
const RETRIES = [1000, 1000, 2000, 4000, 8000, 16_000];

export class NoPicture extends Error {}

const kept = new Map<string, Promise<string>>();
const waiting: { start: () => void; signal: AbortSignal }[] = [];
let running = 0;

/**
 * Returns a local address of the picture at `href`. `mayCome` asks again while it is not there.
 * Throws `NoPicture` when there is none, an `AbortError` when `signal` says so first.
 */
export async function picture(href: string, { mayCome = false, signal }: { mayCome?: boolean; signal: AbortSignal }): Promise<string> {
  for (;;) {
    try {
      return await (kept.get(href) ?? begin(href, mayCome, signal));
    } catch (error) {
      // Somebody else asked for it and went away: it is ours to ask for now.
      const isTheirs = error instanceof DOMException && error.name === 'AbortError' && !signal.aborted;
      if (!isTheirs) throw error;
    }
  }
}

function begin(href: string, mayCome: boolean, signal: AbortSignal): Promise<string> {
  const coming = fetched(href, mayCome ? RETRIES : [], signal);
  kept.set(href, coming);
  coming.then(forgetOldest, () => kept.delete(href));
  return coming;
}

function forgetOldest() {
  for (const [href, coming] of kept) {
    if (kept.size <= KEPT) return;
    kept.delete(href);
    // Who still shows it has decoded it.
    coming.then((local) => URL.revokeObjectURL(local), () => {});
  }
}

async function fetched(href: string, [wait, ...waits]: number[], signal: AbortSignal): Promise<string> {
  const response = await inTurn(() => fetch(href, { signal }), signal);
  if (response.ok) return URL.createObjectURL(await response.blob());
  const isBusy = response.status === 503;
  if (!isBusy && (response.status !== 404 || wait === undefined)) throw new NoPicture(href);
  const seconds = Number(response.headers.get('retry-after')) || 1;
  await pause(isBusy ? seconds * 1000 : (wait ?? 1000), signal);
  return fetched(href, isBusy ? (wait === undefined ? [] : [wait, ...waits]) : waits, signal);
}

async function inTurn(work: () => Promise<Response>, signal: AbortSignal): Promise<Response> {
  if (running >= AT_ONCE) await new Promise<void>((start) => waiting.push({ start, signal }));
  running += 1;
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    running -= 1;
    // The one asked for last first: it is what is looked at.
    waiting.pop()?.start();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    }, { once: true });
  });
}
