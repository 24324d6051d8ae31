// Cameras, search, system, and the map on each.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

/** The screen that most desks have. */
const COMMON = { width: 1920, height: 1080 };
const site = new Site({ isOneOff: true });

beforeAll(async () => {
  await site.start();
  for (const [source, kind, camera] of [
    ['high', 'intrusion', 'yard'], ['middle', 'red_light', 'yard'], ['middle', 'red_light', 'street'],
    ['urgent', 'wrong_way', 'street'], ['low', 'crowd', 'yard'],
  ] as const) {
    await site.tell(source, { kind, camera, ago: 3000 });
  }
});
afterAll(() => site.stop());

test('a camera is found without its marks; one that is off never looks live', async () => {
  const { page, complaints, close } = await sitDown(site, '/may-quay', COMMON);
  await page.getByRole('option').nth(2).waitFor();
  await page.getByRole('searchbox').fill('cau chuong duong');
  await expect.poll(() => page.getByRole('option').count()).toBe(1);
  await page.getByRole('option').first().click();
  const detail = page.getByRole('complementary');
  await detail.locator('.tile[data-live=true]').waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'cameras');
  await page.goto(`${site.pages}/may-quay/off`);
  await detail.locator('.tile[data-live=false]').getByText('Chưa có hình nào').first().waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('footage that the browser cannot decode is played as a viewing copy, and says so', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?cameras=street', COMMON);
  await page.getByRole('button', { name: /87%.*Nghi đi ngược chiều/ }).click();
  const way = page.locator('.player');
  await way.getByText('Bản xem, không phải bản gốc').waitFor();
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
  await shoot(page, 'search-copy');
  expect(complaints).toEqual([]);
  await close();
});

test('events are searched by what and where, played, and what was not seen is told', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra');
  await page.getByRole('button', { name: 'Nghi vượt đèn đỏ', exact: true }).click();
  await page.getByRole('combobox', { name: 'Nơi', exact: true }).fill('hoan kiem');
  await page.keyboard.press('Enter');
  await page.getByText('2 kết quả').waitFor();
  await page.getByRole('button', { name: /Cầu Chương Dương/ }).click();
  await page.locator('video').waitFor();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  await page.locator('.coverage').waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'search');
  // The address is the search: opened elsewhere it finds the same.
  await page.reload();
  await page.getByText('2 kết quả').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('how the system does', async () => {
  const { page, complaints, close } = await sitDown(site, '/he-thong', COMMON);
  await page.getByText('Ổ ghi hình').waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'system');
  expect(complaints).toEqual([]);
  await close();
});

test('the map shows cameras and alerts, under the security policy', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban', { map: true, ...COMMON });
  await page.locator('[data-ready=true]').waitFor();
  await page.locator('.maplibregl-canvas').waitFor();
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('j');
  await page.getByRole('complementary').locator('figure img').waitFor();
  // Named in the language spoken, not in that of the map's library.
  await page.locator('canvas[aria-label="Bản đồ máy quay và cảnh báo"]').waitFor();
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.locator('canvas[aria-label="Map of cameras and alerts"]').waitFor();
  await page.getByRole('button', { name: 'VI', exact: true }).click();
  await shoot(page, 'duty-map');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('a part of the console that does not come says so, and comes when the page is loaded again', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  await page.route(/\/assets\/CamerasPage-[^/]+\.js$/, (route) => route.abort());
  await page.getByRole('option').first().waitFor();
  await page.getByRole('navigation', { name: 'Trang', exact: true }).getByRole('link', { name: 'Máy quay' }).click();
  const failed = page.getByRole('alert').filter({ hasText: 'Phần này của trang chưa tải được' });
  await failed.waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'part-failed');
  await page.unrouteAll();
  await failed.getByRole('button', { name: 'Tải lại trang' }).click();
  await page.getByRole('option').first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/may-quay');
  expect(complaints).toEqual([]);
  await close();
});
