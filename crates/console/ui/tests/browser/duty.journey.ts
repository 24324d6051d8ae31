// The duty officer's night: alerts come, are looked at by keyboard, and a lost connection is told.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { OFFICER, Site } from './site';

const site = new Site();
/** Words of Vietnamese that no name of a place has. */
const VIETNAMESE = /Máy quay|Cảnh báo|Trực ban|Khẩn cấp|Đang|Chưa|Không|giây|Phím|Điều tra|Hệ thống/;

beforeAll(() => site.start());
afterAll(() => site.stop());

test('an alert that comes appears as a row, with its picture, and is opened', async () => {
  const { page, complaints, close } = await sitDown(site, '/', { width: 1920, height: 1080 });
  await page.getByText('Không có cảnh báo nào').waitFor();
  const told = Date.now();
  const id = await site.tell('high', { ago: 3000 });
  const row = page.getByRole('option').filter({ hasText: 'Nghi xâm nhập' });
  await row.waitFor();
  console.log(`from the finding to its row: ${Date.now() - told} ms`);
  await row.getByText('Cầu Chương Dương – đầu Hoàn Kiếm').waitFor();
  await row.locator('img').waitFor();
  await row.click();
  await page.waitForURL(`**/truc-ban/${id}*`);
  const detail = page.getByRole('complementary');
  await detail.getByRole('heading', { name: 'Nghi xâm nhập · người' }).waitFor();
  await detail.getByText('độ tin cậy 87%').waitFor();
  await detail.locator('figure img').waitFor();
  await shoot(page, 'duty-one');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('the list does not move under the pointer; the critical is pinned above it', async () => {
  const { page, close } = await sitDown(site, '/truc-ban');
  const rows = page.getByRole('option');
  await rows.first().waitFor();
  await rows.first().hover();
  const before = await rows.first().getAttribute('id');
  await site.tell('middle', { kind: 'red_light' });
  await site.tell('urgent', { kind: 'wrong_way' });
  const pinned = page.getByRole('button', { name: /Khẩn cấp vừa đến.*2 mới/ });
  await pinned.waitFor();
  expect(await rows.first().getAttribute('id')).toBe(before);
  await shoot(page, 'duty-held');
  await pinned.click();
  await page.getByRole('option').first().getByText('Nghi đi ngược chiều').waitFor();
  await close();
});

test('everything by keyboard: choose, look, replay, filter, help', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  await page.getByRole('option').nth(2).waitFor();
  await page.keyboard.press('j');
  await page.getByRole('complementary').getByRole('heading', { name: /Nghi đi ngược chiều/ }).waitFor();
  await page.keyboard.press('j');
  await page.getByRole('complementary').getByRole('heading', { name: /Nghi xâm nhập/ }).waitFor();
  // The keys of the evidence are there once it is.
  await page.getByRole('complementary').locator('figure img[alt*="Nghi xâm nhập"]').waitFor();
  await page.keyboard.press('v');
  await page.getByRole('button', { name: 'Gốc', pressed: true }).waitFor();
  await page.keyboard.press('p');
  const video = page.locator('video');
  await video.waitFor();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  await shoot(page, 'duty-replay');
  await page.keyboard.press('p');
  await page.keyboard.press('1');
  await page.getByRole('option').getByText('Nghi xâm nhập').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.getByRole('option').getByText('Nghi xâm nhập').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Phím tắt' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'help');
  await page.keyboard.press('Escape');
  await page.keyboard.press('o');
  await page.waitForURL('**/dieu-tra*');
  expect(complaints).toEqual([]);
  await close();
});

test('both languages, night and day, and no word left behind', async () => {
  const { page, close } = await sitDown(site, '/truc-ban', { width: 1366, height: 768 });
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('j');
  await page.getByRole('complementary').locator('figure img').waitFor();
  await shoot(page, 'duty-1366');
  await page.getByRole('button', { name: 'EN' }).click();
  await page.getByRole('complementary').getByText('Machine finding').waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  for (const path of ['/truc-ban', '/may-quay', '/dieu-tra', '/he-thong']) {
    await page.goto(site.pages + path);
    await page.getByRole('main').getByRole('heading').first().waitFor({ state: 'attached' });
    await page.waitForFunction(() => document.querySelectorAll('main .panel').length > 1);
    const said = await page.locator('body').innerText();
    // A person's name stays what it is.
    expect(said.replaceAll(OFFICER.display, ''), path).not.toMatch(VIETNAMESE);
  }
  await page.goto(`${site.pages}/truc-ban`);
  await page.getByRole('button', { name: 'Switch between night and day' }).click();
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('j');
  await page.getByRole('complementary').locator('figure img').waitFor();
  await shoot(page, 'duty-day-en');
  expect(await violations(page)).toEqual([]);
  await close();
});

test('a lost connection is told, and what was missed comes once when it is back', async () => {
  const { page, close } = await sitDown(site, '/truc-ban');
  await page.getByRole('option').first().waitFor();
  const before = await page.getByRole('option').count();
  await page.keyboard.press('j');
  const acknowledge = page.getByRole('complementary').getByRole('button', { name: 'Xác nhận' });
  await acknowledge.waitFor();
  expect(await acknowledge.isEnabled()).toBe(true);
  await site.kill();
  const bar = page.getByRole('alert').filter({ hasText: 'Mất kết nối máy chủ – danh sách có thể cũ' });
  await bar.filter({ hasText: /dữ liệu cuối lúc \d\d:\d\d:\d\d/ }).waitFor();
  // Nothing is done about what may be otherwise by now.
  await page.getByRole('complementary').getByRole('button', { name: 'Xác nhận', disabled: true }).waitFor();
  await page.keyboard.press('a');
  await page.keyboard.press('g');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await shoot(page, 'duty-lost');
  await site.run();
  await site.tell('low', { kind: 'crowd', camera: 'street' });
  await page.getByText('Mất kết nối máy chủ').waitFor({ state: 'detached' });
  await page.getByRole('option').filter({ hasText: 'Tụ tập đông người' }).waitFor();
  expect(await page.getByRole('option').count()).toBe(before + 1);
  await page.getByRole('complementary').getByRole('button', { name: 'Xác nhận', disabled: false }).waitFor();
  await close();
});
