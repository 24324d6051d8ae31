// A shift at the desk: fifty events a minute, the officer deals with what comes, and neither the heap nor the
// page grows. Figures are taken each minute by the debugger, after the garbage was collected.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sitDown } from '../browser/desk';
import { Site, eventually } from '../browser/site';
import { settled, slope } from './slope';

const MINUTE = 60_000;
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 30);
/** Events a minute. */
const RATE = 50;
/** Growth a minute that is allowed, in bytes: on its own, and for each alert that came. Those that were dealt with stay in the
 * list “Đã đóng” (2000 at most), at 2.5 KiB each; what is above that leaks. */
const HEAP_ALLOWED = 40 * 1024;
const HEAP_PER_ALERT = 4 * 1024;
const NODES_ALLOWED = 10;
const LISTENERS_ALLOWED = 5;

const site = new Site();
const KINDS = ['intrusion', 'red_light', 'wrong_way', 'crowd', 'illegal_stop'] as const;
const SOURCES = ['high', 'middle', 'low'] as const;

interface Sample { minute: number; heap: number; nodes: number; listeners: number; alerts: number; told: number }

beforeAll(async () => {
  await site.start();
});
afterAll(async () => {
  await site.stop();
});

async function measure(debug: CDPSession): Promise<Pick<Sample, 'heap' | 'nodes' | 'listeners'>> {
  // Twice: what the first finds may hold what the second frees.
  for (let round = 0; round < 2; round += 1) await debug.send('HeapProfiler.collectGarbage');
  const { metrics } = await debug.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

interface Told { id: string; version: number; handling?: { state: string } | null }

const seen = new Set<string>();

/** Closes what waits, as an officer does: all but the newest few. Returns how many alerts there have been. */
async function handle(): Promise<number> {
  const { alerts } = (await site.ask('/api/v1/alerts?limit=500')) as { alerts: Told[] };
  for (const { id } of alerts) seen.add(id);
  const open = alerts.filter(({ handling }) => handling && handling.state !== 'closed').slice(4);
  for (const { id, version } of open) {
    await site.post(`/api/v1/alerts/${id}/close`, { version, outcome: 'true', reason: 'Đã xử lý' }).catch(() => undefined);
  }
  return seen.size;
}

/** Walks through what an officer looks at, and comes back to where they were. */
async function look(page: Page) {
  for (const key of ['j', 'j', 'k', 'Escape']) await page.keyboard.press(key);
  await page.keyboard.press('F2');
  await page.getByRole('searchbox').waitFor();
  await page.keyboard.press('F1');
  await page.locator('.alarm').waitFor();
  await page.getByRole('option').first().waitFor();
}

test(`${MINUTES} minutes at the desk, ${RATE} events a minute`, async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable');
  await site.tell('high', { ago: 3000 });
  await page.getByRole('option').first().waitFor();
  const samples: Sample[] = [];
  const began = Date.now();
  let told = 0;
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    for (let sent = 0; sent < RATE; sent += 1) {
      const due = began + (minute - 1) * MINUTE + (sent * MINUTE) / RATE;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
      await site.tell(SOURCES[told % SOURCES.length] ?? 'low', { kind: KINDS[told % KINDS.length], camera: told % 2 === 0 ? 'yard' : 'street' });
      told += 1;
    }
    const alerts = await handle();
    await look(page);
    // The page has caught up with the log before it is measured.
    await eventually('the page is quiet', async () => (await page.evaluate(() => new Promise<boolean>((resolve) => requestIdleCallback(() => resolve(true), { timeout: 5000 })))) || undefined);
    const sample = { minute, ...(await measure(debug)), alerts, told };
    samples.push(sample);
    console.log(`minute ${minute}: heap ${(sample.heap / 1024 / 1024).toFixed(2)} MiB, ${sample.nodes} nodes, ${sample.listeners} listeners, ${alerts} alerts, ${told} events`);
  }
  const counted = settled(samples);
  const grows = (name: 'heap' | 'nodes' | 'listeners' | 'alerts') => slope(counted.map((sample) => sample[name]));
  const growth = { heap: grows('heap'), nodes: grows('nodes'), listeners: grows('listeners'), alerts: grows('alerts') };
  const allowed = { heap: HEAP_ALLOWED + Math.max(0, growth.alerts) * HEAP_PER_ALERT, nodes: NODES_ALLOWED, listeners: LISTENERS_ALLOWED };
  const said = `growth a minute over ${counted.length} samples: heap ${(growth.heap / 1024).toFixed(1)} KiB of ${(allowed.heap / 1024).toFixed(1)} allowed, nodes ${growth.nodes.toFixed(2)} of ${allowed.nodes}, listeners ${growth.listeners.toFixed(2)} of ${allowed.listeners}; alerts ${growth.alerts.toFixed(1)}`;
  console.log(said);
  if (process.env['SOAK_OUT']) writeFileSync(join(process.env['SOAK_OUT']), JSON.stringify({ samples, growth, allowed }, undefined, 2));
  expect(complaints).toEqual([]);
  expect(growth.heap, said).toBeLessThan(allowed.heap);
  expect(growth.nodes, said).toBeLessThan(allowed.nodes);
  expect(growth.listeners, said).toBeLessThan(allowed.listeners);
  // Still alive at the end.
  await site.tell('urgent', { kind: 'wrong_way', ago: 1000 });
  await page.getByRole('option').filter({ hasText: 'Nghi đi ngược chiều' }).first().waitFor();
  await close();
});
