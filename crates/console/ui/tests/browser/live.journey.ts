// Live views: several at once on one clock, what cannot be shown as it is, a camera that is lost, a wall.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const MORE = [
  { id: 'bridge', name: 'Cầu Long Biên – đầu Ngọc Thụy', sub: true },
  { id: 'market', name: 'Chợ Đồng Xuân – cổng chính', sub: true },
  { id: 'station', name: 'Ga Hà Nội – phố Lê Duẩn', sub: true },
  { id: 'school', name: 'Trường Trưng Vương – cổng Hàng Bài', masks: true },
];
const site = new Site({ isOneOff: true, more: MORE });
/** Tiles of one page show the same moment within this, in ms. */
const TOGETHER = 80;

beforeAll(() => site.start());
afterAll(() => site.stop());

const tileOf = (page: Page, camera: string) => page.locator('.place').filter({ has: page.getByText(camera, { exact: true }) }).locator('.tile');
const becomes = (page: Page, camera: string, live: boolean) => tileOf(page, camera).and(page.locator(`[data-live="${live}"]`)).waitFor();

/** How far apart the moments are that the videos of the page show, in ms. */
const spread = (page: Page) => page.evaluate(() => {
  const shown = [...document.querySelectorAll('video')].filter((video) => video.dataset['origin']).map((video) => Number(video.dataset['origin']) + video.currentTime * 1000);
  return Math.max(...shown) - Math.min(...shown);
});

test('four cameras stand beside each other within a second, on one clock', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-tiep');
  await page.getByRole('button', { name: 'Ô 1: ' }).waitFor();
  for (const name of ['bridge', 'market', 'station']) {
    await page.getByRole('searchbox').fill(name);
    await page.keyboard.press('Enter');
  }
  for (const { name, masks } of MORE) if (!masks) await becomes(page, name, true);
  await becomes(page, 'Cầu Chương Dương – đầu Hoàn Kiếm', true);
  // As long as it takes until everything is in its place; then it stays there for a while.
  await expect.poll(async () => {
    const spreads: number[] = [];
    for (let look = 0; look < 6; look += 1) {
      await page.waitForTimeout(150);
      spreads.push(await spread(page));
    }
    console.log(`apart: ${spreads.map((ms) => ms.toFixed(0)).join(' ')} ms`);
    return Math.max(...spreads);
  }, { timeout: 60_000 }).toBeLessThan(TOGETHER);
  await shoot(page, 'live-four');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('what the browser cannot decode is shown as a copy, what bears masks too, and both say so', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-tiep/street');
  await page.getByText('Bản xem, không phải bản gốc').waitFor();
  await page.locator('.tile[data-showing=live][data-live=true] video').waitFor();
  await shoot(page, 'live-h265');
  await page.goto(`${site.pages}/truc-tiep/school`);
  await page.getByText('Bản xem có che vùng riêng tư').waitFor();
  await page.locator('.tile[data-showing=live][data-live=true] video').waitFor();
  await shoot(page, 'live-masked');
  expect(complaints).toEqual([]);
  await close();
});

test('a camera that is lost never looks alive, and comes back by itself', async () => {
  const { page, close } = await sitDown(site, '/truc-tiep/yard');
  const tile = page.locator('.tile');
  await page.locator('.tile[data-live=true]').waitFor();
  await site.fault('/yard/main', 'stall');
  await tile.getByText('Hình không còn cập nhật').waitFor();
  expect(await tile.getAttribute('data-live')).toBe('false');
  await shoot(page, 'live-stalled');
  await site.fault('/yard/main', 'refuse');
  await tile.getByText('Hình cuối lúc').waitFor();
  await page.locator('.tile[data-showing=lost]').waitFor();
  expect(await tile.getAttribute('data-live')).toBe('false');
  await tile.getByText('Không trực tiếp').waitFor();
  await shoot(page, 'live-lost');
  await site.fault('/yard/main', 'clear');
  await page.locator('.tile[data-live=true]').waitFor({ timeout: 60_000 });
  await close();
});

test('layouts by keyboard: so many tiles, named, in turn, one large; remembered', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-tiep');
  await page.getByRole('button', { name: 'Ô 1: ' }).waitFor();
  await page.keyboard.press('3');
  await page.locator('[data-tiles="9"]').waitFor();
  await page.getByRole('textbox', { name: 'Tên bố cục đang xem' }).fill('Quanh hồ');
  await page.getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByRole('button', { name: 'Quanh hồ 9 ô' }).waitFor();
  await page.locator('.main').getByRole('button', { name: 'Ô 1: ' }).click();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Delete');
  await page.getByRole('button', { name: 'Ô 2: Ô trống' }).waitFor();
  await page.keyboard.press('1');
  await page.locator('[data-tiles="1"]').waitFor();
  await page.keyboard.press('s');
  await page.getByText(/^Lượt 1\/\d$/).waitFor();
  await page.keyboard.press('n');
  await page.getByText(/^Lượt 2\/\d$/).waitFor();
  await page.keyboard.press('s');
  await page.reload();
  await page.locator('[data-tiles="1"]').waitFor();
  await page.getByRole('button', { name: 'Quanh hồ 9 ô' }).click();
  await page.locator('[data-tiles="9"]').waitFor();
  await page.getByRole('button', { name: 'Ô 1: ' }).click();
  const asked = Date.now();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/truc-tiep/*');
  await page.locator('.tile[data-live=true]').waitFor();
  console.log(`from the key to the live picture: ${Date.now() - asked} ms`);
  await page.keyboard.press('Escape');
  await page.waitForURL('**/truc-tiep');
  await becomes(page, 'Cầu Long Biên – đầu Ngọc Thụy', true);
  await shoot(page, 'live-nine');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('what an account may search and not watch is said, and not shown', async () => {
  const password = 'mật khẩu của người điều tra';
  site.command(['user', 'add', 'binh', '--display-name', 'Bình', '--role', 'duty', '--cameras', 'bridge'], `${password}\n`);
  site.command(['user', 'grant', 'binh', '--role', 'investigator', '--whole-site']);
  const { page, close } = await sitDown(site, '/truc-tiep/yard', { isSignedIn: false });
  await page.context().addCookies([{ ...(await site.session({ name: 'binh', password })), url: site.pages }]);
  await page.reload();
  await page.getByText('Tài khoản này không được xem trực tiếp máy quay này').waitFor();
  expect(await page.locator('.tile').getAttribute('data-live')).toBe('false');
  await page.goto(`${site.pages}/truc-tiep/bridge`);
  await page.locator('.tile[data-live=true]').waitFor();
  await close();
});

test('in English, on a small screen, by day', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-tiep', { width: 1366, height: 768 });
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByRole('button', { name: 'Switch between night and day' }).click();
  await page.getByRole('button', { name: 'In turn' }).waitFor();
  await becomes(page, 'Cầu Chương Dương – đầu Hoàn Kiếm', true);
  await shoot(page, 'live-small');
  expect(await violations(page)).toEqual([]);
  const words = await page.locator('main').innerText();
  expect(words).not.toMatch(/Trực tiếp|Lần lượt|Ô trống|Phóng to|Bố cục|Đang kết nối/);
  expect(complaints).toEqual([]);
  await close();
});

test('a wall shows what its address says, and has nothing to press', async () => {
  const { page, complaints, close } = await sitDown(site, '/tuong/4?cameras=yard,bridge,market,off&cameras=station,street&dwell=3600');
  await becomes(page, MORE[0]?.name ?? '', true);
  await becomes(page, 'Cầu Chương Dương – đầu Hoàn Kiếm', true);
  await becomes(page, 'Phố Hàng Đào', false);
  expect(await page.getByRole('button').count()).toBe(0);
  expect(await page.getByRole('link').count()).toBe(0);
  await page.getByText('Lượt 1/2').waitFor();
  await shoot(page, 'wall');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('a critical alert takes the wall over until it is acknowledged, also before who sees a part of the site', async () => {
  const password = 'mật khẩu của tường phường';
  site.command(['user', 'add', 'tuong', '--display-name', 'Tường', '--role', 'duty', '--cameras', 'yard,bridge,market'], `${password}\n`);
  const as = { name: 'tuong', display: 'Tường', password, roles: ['duty'] };
  const { page, complaints, close } = await sitDown(site, '/tuong/1?cameras=bridge&cameras=market&dwell=3600', { as });
  await becomes(page, MORE[0]?.name ?? '', true);
  await page.getByText('Lượt 1/2').waitFor();
  // Not its camera, and not critical: nothing moves.
  await site.tell('urgent', { camera: 'street' });
  await site.tell('middle', { camera: 'yard' });
  const id = await site.tell('urgent', { camera: 'yard', kind: 'wrong_way' });
  const followed = page.getByRole('region', { name: 'Cảnh báo khẩn cấp mới' });
  await followed.getByText('Nghi đi ngược chiều').waitFor();
  await followed.getByText(/^lúc .* · chưa ai xác nhận$/).waitFor();
  await becomes(page, 'Cầu Chương Dương – đầu Hoàn Kiếm', true);
  expect(await page.locator('[data-tiles]').getAttribute('data-tiles')).toBe('1');
  expect(await page.getByRole('button').count()).toBe(0);
  await shoot(page, 'wall-followed');
  expect(await violations(page)).toEqual([]);
  await site.post(`/api/v1/alerts/${id}/ack`, { version: 0 });
  await followed.waitFor({ state: 'hidden' });
  await becomes(page, MORE[0]?.name ?? '', true);
  await page.getByText('Lượt 1/2').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('the camera’s page and an alert show what the camera shows now', async () => {
  const { page, complaints, close } = await sitDown(site, '/may-quay/yard');
  const detail = page.getByRole('complementary');
  await detail.locator('.tile[data-live=true]').waitFor();
  await detail.getByRole('link', { name: 'Xem trực tiếp', exact: true }).waitFor();
  await shoot(page, 'camera-live');
  const id = await site.tell('high', { ago: 3000 });
  await page.goto(`${site.pages}/truc-ban/${id}`);
  await detail.locator('figure img').waitFor();
  await page.keyboard.press('w');
  await detail.locator('.tile[data-live=true]').waitFor();
  await shoot(page, 'duty-live');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
