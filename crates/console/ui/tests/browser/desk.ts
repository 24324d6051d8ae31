// A desk: one browser with one officer before it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
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

/** Opens a desk with its officer, unless nobody is to be signed in yet; without the map, which is drawn in software here, unless it is wanted. */
export async function sitDown(site: Site, path: string, { map = false, width = 1920, height = 1080, isSignedIn = true, as }: { map?: boolean; width?: number; height?: number; isSignedIn?: boolean; as?: Person } = {}): Promise<Desk> {
  const context: BrowserContext = await (await browser).newContext({
    locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', viewport: { width, height }, reducedMotion: 'reduce',
  });
  const cookie = as ? await site.session(as) : site.cookie;
  if (cookie && isSignedIn) await context.addCookies([{ ...cookie, url: site.pages }]);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // A picture that is not there (yet) is an answer, not a mistake.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
  });
  await page.goto(`${site.pages}${path}${map ? '' : `${path.includes('?') ? '&' : '?'}map=off`}`);
  return { page, complaints, close: () => context.close() };
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
