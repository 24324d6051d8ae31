// Tabs of one browser follow all there is through one worker: one connection, whatever the number of tabs.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sitDown } from './desk';
import { Site, eventually } from './site';

const site = new Site();
/** Connections that a browser follows alerts, events and the desk through. */
const FEEDS = 1;

beforeAll(() => site.start());
afterAll(() => site.stop());

/** How many feeds the service has open. */
async function feeds(): Promise<number> {
  const headers = { cookie: `${site.cookie?.name}=${site.cookie?.value}` };
  const text = await (await fetch(`${site.address}/metrics`, { headers })).text();
  return Number(/^watchpost_api_feeds (\S+)$/m.exec(text)?.[1] ?? 0);
}
const become = (count: number) => eventually(`${count} feeds are open`, async () => ((await feeds()) === count ? true : undefined));
const shows = (page: Page, what: string) => page.getByRole('option').filter({ hasText: what }).first().waitFor();

test('two tabs hold one connection, and both are alive', async () => {
  const { page: first, complaints, close } = await sitDown(site, '/truc-ban');
  await become(FEEDS);
  await site.tell('high', { kind: 'intrusion', ago: 3000 });
  await shows(first, 'Nghi xâm nhập');
  const second = await first.context().newPage();
  second.on('pageerror', (error) => complaints.push(error.message));
  second.on('console', (message) => { if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text()); });
  await second.goto(`${site.pages}/truc-ban?map=off`);
  await shows(second, 'Nghi xâm nhập');
  await site.tell('middle', { kind: 'red_light', camera: 'street', ago: 3000 });
  for (const page of [first, second]) await shows(page, 'Nghi vượt đèn đỏ');
  await become(FEEDS);
  expect(first.workers(), 'a worker that is shared is no tab’s own').toEqual([]);

  // The one that opened the connections goes; the other does not notice.
  await first.close();
  await site.tell('low', { kind: 'crowd', ago: 3000 });
  await shows(second, 'Tụ tập đông người');
  await become(FEEDS);
  const third = await second.context().newPage();
  await third.goto(`${site.pages}/truc-ban?map=off`);
  await shows(third, 'Tụ tập đông người');
  await become(FEEDS);

  // Silence is told in every tab, and is over in every tab.
  await site.kill();
  for (const page of [second, third]) await page.getByText('Mất kết nối máy chủ').waitFor();
  await site.run();
  for (const page of [second, third]) await page.getByText('Mất kết nối máy chủ').waitFor({ state: 'detached' });
  await site.tell('urgent', { kind: 'wrong_way', camera: 'street', ago: 3000 });
  for (const page of [second, third]) await shows(page, 'Nghi đi ngược chiều');
  expect(complaints).toEqual([]);
  await close();
  await become(0);
});

test('where the browser has no such workers, each tab follows by itself', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban', { without: () => delete (globalThis as { SharedWorker?: unknown }).SharedWorker });
  await become(FEEDS);
  const other = await page.context().newPage();
  await other.goto(`${site.pages}/truc-ban?map=off`);
  await become(2 * FEEDS);
  await site.tell('high', { kind: 'illegal_stop', ago: 3000 });
  for (const one of [page, other]) await one.getByRole('option').filter({ hasText: 'Nghi dừng đỗ trái phép' }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('two tabs of who sees a part of the site hold one connection, too, and both are told all that is theirs, once', async () => {
  const password = 'mật khẩu của người trực phố';
  const person = { name: 'pho', display: 'Trực phố', password };
  site.command(['user', 'add', person.name, '--display-name', person.display, '--role', 'duty', '--cameras', 'street'], `${password}\n`);
  await become(0);
  const { page: first, complaints, close } = await sitDown(site, '/truc-ban', { as: { ...person, roles: [] } });
  await first.getByText('Đang tải').waitFor({ state: 'detached' });
  await site.tell('high', { kind: 'intrusion', camera: 'street', ago: 3000 });
  await shows(first, 'Nghi xâm nhập');
  const asked: string[] = [];
  const second = await first.context().newPage();
  second.on('request', (request) => { if (new URL(request.url()).pathname === '/api/v1/alerts') asked.push(request.url()); });
  await second.goto(`${site.pages}/truc-ban?map=off`);
  await shows(second, 'Nghi xâm nhập');
  await site.tell('urgent', { kind: 'intrusion', camera: 'yard', ago: 3000 });
  await site.tell('low', { kind: 'crowd', camera: 'street', ago: 3000 });
  for (const page of [first, second]) {
    await shows(page, 'Tụ tập đông người');
    expect(await page.getByRole('option').filter({ hasText: 'Cầu Chương Dương' }).count()).toBe(0);
  }
  await become(FEEDS);
  // Read once, in three ways; once more where it was not known what came meanwhile. Never again and again.
  expect(asked.length).toBeLessThanOrEqual(6);
  await first.close();
  await site.tell('middle', { kind: 'red_light', camera: 'street', ago: 3000 });
  await shows(second, 'Nghi vượt đèn đỏ');
  expect(complaints).toEqual([]);
  await close();
});

test('who signs in after another is told nothing of what the other may see', async () => {
  const password = 'mật khẩu của người trực cầu';
  site.command(['user', 'add', 'cau', '--display-name', 'Trực cầu', '--role', 'duty', '--cameras', 'street'], `${password}\n`);
  const { page, close } = await sitDown(site, '/truc-ban');
  await page.getByRole('option').first().waitFor();
  await page.getByRole('button', { name: 'Thoát', exact: true }).click();
  await page.getByLabel('Tên tài khoản').fill('cau');
  await page.getByLabel('Mật khẩu').fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('option').first().waitFor();
  await site.tell('urgent', { kind: 'intrusion', camera: 'yard', ago: 3000 });
  await site.tell('urgent', { kind: 'illegal_stop', camera: 'street', ago: 3000 });
  await page.getByRole('option').filter({ hasText: 'Nghi dừng đỗ trái phép' }).waitFor();
  expect(await page.getByRole('option').filter({ hasText: 'Cầu Chương Dương' }).count()).toBe(0);
  await close();
});
