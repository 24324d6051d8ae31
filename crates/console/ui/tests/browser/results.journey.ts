// What was found: page by page, in either order, and all that could not be seen.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const more = ['a', 'b', 'c', 'd'].map((letter) => ({ id: `phu-${letter}`, name: `Máy phụ ${letter.toUpperCase()}` }));
const site = new Site({ isOneOff: true, more });
/** More than one page of results. */
const TOLD = 75;

beforeAll(async () => {
  await site.start();
  for (let at = 0; at < TOLD; at += 1) await site.tell('low', { kind: 'crowd', camera: at % 2 ? 'yard' : 'street', ago: 3000 });
  for (const camera of ['yard', 'street', 'yard']) await site.tell('middle', { kind: 'red_light', camera, ago: 3000 });
});
afterAll(() => site.stop());

test('the next page is fetched once however often it is pressed; the order is turned round', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?kind=crowd');
  const results = page.getByRole('region', { name: 'Kết quả' });
  await results.getByText('60+ kết quả').waitFor();
  // The answer is on its way for as long as this says.
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let asked = 0;
  await page.route('**/api/v1/events?*cursor=*', async (route) => {
    asked += 1;
    await held;
    await route.continue();
  });
  const next = results.getByRole('button', { name: 'Xem thêm', exact: true });
  await next.evaluate((button: HTMLButtonElement) => { button.click(); button.click(); });
  await results.getByRole('button', { name: 'Đang tìm…', exact: true }).dispatchEvent('click');
  await results.getByText(/^Đang tìm… đã \d/).waitFor();
  await shoot(page, 'results-waiting');
  expect(await violations(page)).toEqual([]);
  answer();
  await results.getByText(`${TOLD} kết quả`).waitFor();
  expect(asked, 'one page, one question').toBe(1);
  expect(await results.locator('.cards li').count()).toBe(TOLD);
  await page.unroute('**/api/v1/events?*cursor=*');

  const first = results.locator('.cards time').first();
  const newest = await first.getAttribute('datetime');
  await results.getByRole('group', { name: 'Thứ tự' }).getByRole('button', { name: 'Cũ nhất trước', exact: true }).click();
  await page.waitForURL('**order=oldest*');
  await results.getByText('60+ kết quả').waitFor();
  expect(Date.parse((await first.getAttribute('datetime')) ?? '')).toBeLessThan(Date.parse(newest ?? ''));
  expect(complaints).toEqual([]);
  await close();
});

test('a search that takes long gives way to the next one', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra');
  const results = page.getByRole('region', { name: 'Kết quả' });
  await results.getByText('60+ kết quả').waitFor();
  // The first is not answered as long as the page is open.
  await page.route('**/api/v1/events?*kind=crowd*', () => undefined);
  const [crowd, redLight, place] = [page.getByRole('button', { name: 'Tụ tập đông người', exact: true }), page.getByRole('button', { name: 'Nghi vượt đèn đỏ', exact: true }), page.getByRole('combobox', { name: 'Nơi', exact: true })];
  await crowd.click();
  await place.press('Enter');
  await results.getByText('Đang tìm…').first().waitFor();
  await crowd.click();
  await redLight.click();
  await place.press('Enter');
  await results.getByText('3 kết quả').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('a result has its number wherever it is shown, and what is held has a lock on its lane', async () => {
  const [start, end] = [new Date(Date.now() - 600_000), new Date()].map((time) => time.toISOString());
  await site.post('/api/v1/holds', { case: 'VV-2026/0420', reason: 'Tai nạn', cameras: ['yard'], start, end });
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?kind=red_light', { map: true });
  const results = page.getByRole('region', { name: 'Kết quả' });
  await results.getByText('3 kết quả').waitFor();
  expect(await results.locator('.cards .no').allInnerTexts()).toEqual(['1', '2', '3']);
  const lanes = page.getByRole('region', { name: 'Từng máy quay theo thời gian' });
  expect((await lanes.locator('.hit').allInnerTexts()).toSorted()).toEqual(['1', '2', '3']);
  await lanes.getByRole('img', { name: /^Đang lưu giữ cho vụ VV-2026\/0420: / }).waitFor();
  expect(await lanes.locator('[data-held]').count(), 'the other camera is not held').toBe(1);
  const map = page.getByRole('region', { name: 'Bản đồ máy quay và cảnh báo' });
  await map.and(page.locator('[data-ready=true]')).waitFor();
  await map.getByText('Số của kết quả').waitFor();
  await shoot(page, 'results-numbered');
  expect(await violations(page)).toEqual([]);
  await page.goto(`${site.pages}/dieu-tra/phat-lai?cameras=yard,street&at=${encodeURIComponent(new Date(Date.now() - 30_000).toISOString())}`);
  await page.getByRole('region', { name: 'Bản ghi của từng máy quay theo thời gian' }).getByRole('img', { name: /^Đang lưu giữ cho vụ VV-2026/ }).waitFor();
  await shoot(page, 'results-held');
  expect(complaints).toEqual([]);
  await close();
});

test('every gap can be read, not the longest alone', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?kind=crowd');
  const results = page.getByRole('region', { name: 'Kết quả' });
  const all = results.locator('details');
  await all.locator('summary').getByText(/^và \d+ khoảng nữa$/).click();
  const gaps = results.getByRole('list', { name: 'Chỗ không thấy được' });
  await gaps.waitFor();
  const told = await gaps.getByRole('listitem').allInnerTexts();
  const { coverage } = (await site.ask(`/api/v1/events?kind=crowd&limit=1`)) as { coverage: { gaps: { cause: string }[] } };
  expect(told.length).toBeGreaterThanOrEqual(coverage.gaps.filter(({ cause }) => cause !== 'unknown').length);
  expect(told.some((text) => text.startsWith('Phố Hàng Đào')), 'the camera that cannot be reached is among them').toBe(true);
  await shoot(page, 'results-gaps');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
