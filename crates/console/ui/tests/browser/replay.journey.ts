// Several cameras replayed on one clock: together within 80 ms, over a gap in one of them, picture by
// picture, back and forth; what is marked over all is sealed.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, eventually } from './site';

const MORE = [
  { id: 'bridge', name: 'Cầu Long Biên – đầu Ngọc Thụy' },
  { id: 'market', name: 'Chợ Đồng Xuân – cổng chính' },
  { id: 'school', name: 'Trường Trưng Vương – cổng Hàng Bài', masks: true },
];
const site = new Site({ more: MORE });
/** Tiles of one page show the same moment within this, in ms. */
const TOGETHER = 80;
/** A gap in one camera's recording, in ms. */
let gap = { start: 0, end: 0 };

interface Told { spans: { start: string; end: string }[]; gaps: { start: string; end: string | null; cause: string }[] }
async function recordings(camera: string, reach = 10 * 60_000): Promise<Told> {
  const [start, end] = [Date.now() - reach, Date.now() + 60_000].map((time) => encodeURIComponent(new Date(time).toISOString()));
  return (await site.ask(`/api/v1/cameras/${camera}/recordings?start=${start}&end=${end}`)) as Told;
}

beforeAll(async () => {
  await site.start();
  // Long enough before the gap, and after it, that there is something to play.
  await eventually('the bridge is recorded', async () => {
    const [first] = (await recordings('bridge')).spans;
    return first && Date.parse(first.end) - Date.parse(first.start) > 8000 ? true : undefined;
  });
  await site.fault('/bridge/main', 'refuse');
  await eventually('the bridge is not recorded', async () => ((await recordings('bridge')).gaps.some(({ end }) => end === null) ? true : undefined));
  await eventually('a while has gone by', async () => {
    const lasting = (await recordings('bridge')).gaps.at(-1);
    const street = (await recordings('market')).spans.at(-1);
    return lasting && street && Date.parse(street.end) - Date.parse(lasting.start) > 2500 ? true : undefined;
  });
  await site.fault('/bridge/main', 'clear');
  gap = await eventually('the bridge is recorded again', async () => {
    const told = await recordings('bridge');
    const found = told.gaps.findLast(({ end }) => end !== null);
    const last = told.spans.at(-1);
    if (!found?.end || !last || Date.parse(last.end) - Date.parse(found.end) < 12_000) return undefined;
    return { start: Date.parse(found.start), end: Date.parse(found.end) };
  });
});
afterAll(() => site.stop());

const open = (cameras: string[], at: number) => `/dieu-tra/phat-lai?cameras=${cameras.join(',')}&at=${encodeURIComponent(new Date(at).toISOString())}`;
const tile = (page: Page, camera: string) => page.locator(`.tile[data-camera="${camera}"]`);
const becomes = (page: Page, camera: string, showing: string) => page.locator(`.tile[data-camera="${camera}"][data-showing="${showing}"]`).waitFor();
const clock = async (page: Page) => Number(await page.locator('[data-at]').getAttribute('data-at'));

/** How far apart the moments are that the videos with a picture show, in ms. */
const spread = (page: Page) => page.evaluate(() => {
  const shown = [...document.querySelectorAll<HTMLVideoElement>('.tile[data-showing="picture"] video')].map((video) => Number(video.dataset['origin']) + video.currentTime * 1000);
  return { count: shown.length, apart: Math.max(...shown) - Math.min(...shown) };
});

test('four cameras play on one clock, one of H.265 and one with masks as copies that say so', async () => {
  const cameras = ['yard', 'street', 'market', 'school'];
  const { page, complaints, close } = await sitDown(site, open(cameras, gap.end + 1000));
  for (const camera of cameras) await becomes(page, camera, 'picture');
  await tile(page, 'street').getByText('Bản xem, không phải bản gốc', { exact: true }).waitFor();
  await tile(page, 'school').getByText('Bản xem, không phải bản gốc · Che theo quy định').waitFor();
  expect(await tile(page, 'yard').getByText('Bản xem').count()).toBe(0);
  await shoot(page, 'replay-paused');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press(' ');
  // As long as it takes until everything is in its place; then it stays there for a while.
  await expect.poll(async () => {
    const spreads: { count: number; apart: number }[] = [];
    for (let look = 0; look < 6; look += 1) {
      await page.waitForTimeout(150);
      spreads.push(await spread(page));
    }
    console.log(`apart: ${spreads.map(({ apart, count }) => `${apart.toFixed(0)} (${count})`).join(' ')} ms`);
    return spreads.every(({ count }) => count === cameras.length) ? Math.max(...spreads.map(({ apart }) => apart)) : Infinity;
  }, { timeout: 40_000 }).toBeLessThan(TOGETHER);
  await shoot(page, 'replay-playing');
  expect(complaints).toEqual([]);
  await close();
});

test('a camera with a gap says so, shows nothing old, and joins again; the others go on', async () => {
  const { page, complaints, close } = await sitDown(site, open(['yard', 'bridge', 'market'], gap.start - 2500));
  for (const camera of ['yard', 'bridge', 'market']) await becomes(page, camera, 'picture');
  await page.getByRole('region', { name: 'Chỗ không có hình' }).getByRole('button', { name: /Cầu Long Biên/ }).waitFor();
  await page.keyboard.press('l');
  await becomes(page, 'bridge', 'gap');
  await tile(page, 'bridge').getByText(/^Không có hình \d/).waitFor();
  expect(await tile(page, 'bridge').locator('video').evaluate((video) => getComputedStyle(video).opacity)).toBe('0');
  for (const camera of ['yard', 'market']) await becomes(page, camera, 'picture');
  await shoot(page, 'replay-gap');
  expect(await violations(page)).toEqual([]);
  await becomes(page, 'bridge', 'picture');
  expect(await clock(page)).toBeGreaterThan(gap.end);
  await expect.poll(async () => { const { count, apart } = await spread(page); return count === 3 ? apart : Infinity; }, { timeout: 40_000 }).toBeLessThan(TOGETHER);
  // Pressed in the list, the gap is where one is.
  await page.keyboard.press('k');
  await page.getByRole('region', { name: 'Chỗ không có hình' }).getByRole('button', { name: /Cầu Long Biên/ }).first().click();
  await becomes(page, 'bridge', 'gap');
  expect(complaints).toEqual([]);
  await close();
});

test('picture by picture, backwards, faster; the address keeps the moment', async () => {
  const from = gap.end + 6000;
  const { page, complaints, close } = await sitDown(site, open(['yard', 'market'], from));
  for (const camera of ['yard', 'market']) await becomes(page, camera, 'picture');
  const before = await clock(page);
  for (const key of ['.', '.', '.']) await page.keyboard.press(key);
  const steps = (await clock(page)) - before;
  expect(steps, 'three pictures of ten a second').toBeGreaterThan(200);
  expect(steps).toBeLessThan(400);
  await page.keyboard.press(',');
  expect(await clock(page)).toBeLessThan(before + steps);
  // All tiles stand at the moment that is set.
  await expect.poll(async () => (await spread(page)).apart).toBeLessThan(10);
  const kept = await clock(page);
  await page.waitForURL((url) => Math.abs(Date.parse(url.searchParams.get('at') ?? '') - kept) <= 1);
  await page.reload();
  await becomes(page, 'yard', 'picture');
  expect(Math.abs((await clock(page)) - kept)).toBeLessThan(2);

  await page.keyboard.press('j');
  await eventually('it goes back', async () => ((await clock(page)) < kept - 1500 ? true : undefined));
  for (const camera of ['yard', 'market']) await becomes(page, camera, 'picture');
  await page.keyboard.press('j');
  await expect.poll(() => page.getByRole('combobox', { name: 'Tốc độ phát' }).inputValue()).toBe('-2');
  await page.keyboard.press('k');
  const stood = await clock(page);
  await page.keyboard.press('l');
  await page.keyboard.press('l');
  await expect.poll(() => page.getByRole('combobox', { name: 'Tốc độ phát' }).inputValue()).toBe('2');
  await eventually('it goes on', async () => ((await clock(page)) > stood + 2000 ? true : undefined));
  await page.keyboard.press('k');
  // By the scrubber, as a screen reader would.
  const scrub = page.getByRole('slider', { name: 'Lúc đang xem' });
  await scrub.focus();
  await page.keyboard.press('Home');
  await eventually('it is at the beginning of the lanes', async () => ((await clock(page)) < gap.start ? true : undefined));
  expect(complaints).toEqual([]);
  await close();
});

test('I, O and X over all cameras; tiles are added, removed, enlarged', async () => {
  const { page, complaints, close } = await sitDown(site, open(['yard', 'market'], gap.end + 2000));
  for (const camera of ['yard', 'market']) await becomes(page, camera, 'picture');
  await page.keyboard.press('i');
  for (const _ of [1, 2]) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('o');
  await page.getByRole('group', { name: 'Đoạn đánh dấu' }).getByText('10 giây').waitFor();
  await page.getByRole('combobox', { name: 'Thêm máy quay…' }).selectOption('bridge');
  await becomes(page, 'bridge', 'picture');
  await page.keyboard.press('3');
  await page.keyboard.press('f');
  await page.getByRole('button', { name: 'Một ô', exact: true, pressed: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Đều nhau', exact: true, pressed: true }).waitFor();
  await page.keyboard.press('o');
  await page.keyboard.press('x');
  const dialog = page.getByRole('dialog');
  for (const name of ['Cầu Chương Dương – đầu Hoàn Kiếm', MORE[0]?.name ?? '', MORE[1]?.name ?? '']) {
    expect(await dialog.getByRole('checkbox', { name, exact: true }).isChecked(), name).toBe(true);
  }
  await shoot(page, 'replay-export');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: `Bỏ ${MORE[0]?.name}`, exact: true }).click();
  await tile(page, 'bridge').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByRole('heading', { name: 'Replay together' }).waitFor();
  expect(await page.locator('.page').innerText()).not.toMatch(/Phát đồng bộ|Không có hình|Máy quay đang|Đoạn đánh dấu/);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('a picture is marked for the case, and shown again with the cameras beside it when the case is opened', async () => {
  const { page, complaints, close } = await sitDown(site, open(['yard', 'market'], gap.end + 3000));
  for (const camera of ['yard', 'market']) await becomes(page, camera, 'picture');
  await page.keyboard.press('2');
  const before = await clock(page);
  for (let step = 1; step <= 3; step += 1) {
    await page.keyboard.press('.');
    await expect.poll(() => clock(page)).toBeGreaterThan(before + (step - 1) * 40);
  }
  const at = await clock(page);
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog', { name: /^Đánh dấu .* · Chợ Đồng Xuân/ });
  expect(await dialog.getByLabel('Số vụ việc').inputValue(), 'the case that is looked into').toBe('VV-01/2026');
  await dialog.getByLabel('Thấy gì ở hình này').fill('Xe tải lùi vào cổng');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Enter');
  const list = page.getByRole('region', { name: 'Dấu của vụ VV-01/2026' });
  await list.getByRole('button', { name: /Xe tải lùi vào cổng/ }).waitFor();
  expect(await page.locator('.lane', { hasText: MORE[1]?.name ?? '' }).locator('button.moment').count(), 'a flag on its lane').toBe(1);
  await shoot(page, 'replay-marked');
  // From elsewhere, the list leads back to it.
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => clock(page)).toBeLessThan(at - 1000);
  await list.getByRole('button', { name: /Xe tải lùi vào cổng/ }).click();
  await expect.poll(async () => Math.abs((await clock(page)) - at)).toBeLessThanOrEqual(1);

  await page.goto(`${site.pages}/chung-cu/vu-viec?map=off`);
  await page.getByRole('link', { name: /VV-01\/2026/ }).click();
  await page.getByText('Xe tải lùi vào cổng').waitFor();
  await page.getByText(/Hình đã đánh dấu Chợ Đồng Xuân – cổng chính · .*\.\d{3}/).waitFor();
  await shoot(page, 'case-marked');
  await page.getByRole('link', { name: 'Xem lại', exact: true }).click();
  for (const camera of ['market', 'yard']) await becomes(page, camera, 'picture');
  expect(Math.abs((await clock(page)) - at), 'the same picture, to one picture').toBeLessThanOrEqual(40);
  expect(await page.locator('.tile').count()).toBe(2);
  await list.getByRole('button', { name: /Xe tải lùi vào cổng/ }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});
