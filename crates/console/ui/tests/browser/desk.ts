// A desk: one browser with one officer before it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { AXE, SHOTS, type Person, type Site } from './site';

/** One for all desks of this process, each with a context of its own: to start one costs more than most journeys. It ends with the process. */
const browser = chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium-headless-shell',
  args: [
    '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-dev-shm-usage',
    '--disable-component-update', '--hide-scrollbars', '--autoplay-policy=no-user-gesture-required',
  ],
});

export interface Desk {
  page: Page;
  /** What the browser complained of: mistakes of scripts, and what the security policy refused. */
  complaints: string[];
  close(): Promise<void>;
}

/** A page that somebody has left, as good as new: the console stands in it for a third of what it takes in a new one. */
let left: Page | undefined;

/** What is wanted of a desk; its screen is the smallest that is promised, unless told. */
interface Wish {
  /** The map is drawn, in software here. */
  map?: boolean;
  width?: number;
  height?: number;
  /** Nobody is to be signed in yet. */
  isSignedIn?: boolean;
  /** Who sits down, if not the officer whom the site has. */
  as?: Person;
  /** The browser lacks something: runs in each of its pages before their own scripts. */
  without?: () => unknown;
}

/** Opens a desk with its officer, unless nobody is to be signed in yet; without the map, which is drawn in software here, unless it is wanted. */
export async function sitDown(site: Site, path: string, { map = false, width = 1366, height = 768, isSignedIn = true, as, without }: Wish = {}): Promise<Desk> {
  const page = (without ? undefined : takeLeft()) ?? (await newPage());
  const context = page.context();
  if (without) await context.addInitScript(without);
  await page.setViewportSize({ width, height });
  const cookie = as ? await site.session(as) : site.cookie;
  if (cookie && isSignedIn) await context.addCookies([{ ...cookie, url: site.pages }]);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // A picture that is not there (yet) is an answer, not a mistake.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
  });
  await page.goto(`${site.pages}${path}${map ? '' : `${path.includes('?') ? '&' : '?'}map=off`}`);
  return { page, complaints, close: () => (without ? context.close() : leave(page)) };
}

async function newPage(): Promise<Page> {
  const context = await (await browser).newContext({ locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', reducedMotion: 'reduce' });
  return context.newPage();
}

function takeLeft(): Page | undefined {
  const page = left;
  left = undefined;
  return page;
}

/** Leaves a desk as one finds it: nothing kept, nobody signed in, nothing in the way of requests. */
async function leave(page: Page) {
  const context = page.context();
  if (left || page.isClosed()) return context.close();
  for (const other of context.pages()) if (other !== page) await other.close();
  for (const event of ['pageerror', 'console', 'request', 'response', 'dialog', 'download'] as const) page.removeAllListeners(event);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.emulateMedia({ media: null, reducedMotion: 'reduce' });
  await page.evaluate(() => { localStorage.clear(); sessionStorage.clear(); });
  await page.goto('about:blank');
  await context.clearCookies();
  left = page;
}

/** Takes a picture of the screen: as JPEG, which costs the browser an eighth of what PNG does. */
export async function shoot(page: Page, name: string) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.jpg`), type: 'jpeg', quality: 90 });
}

interface Violation {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/** Returns what WCAG 2.2 AA is violated by, each with where. */
export async function violations(page: Page): Promise<string[]> {
  // By the debugger, which the page's security policy does not bind.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(node: unknown, options: unknown): Promise<{ violations: Violation[] }> } }).axe;
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    return (await axe.run(document, { runOnly: { type: 'tag', values: tags } })).violations;
  });
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${JSON.stringify(node.target)} ${node.failureSummary ?? ''}`));
}
