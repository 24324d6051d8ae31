// A hold that ends by itself: placed with its end, shown with it, and lifted earlier by two only.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const site = new Site();
beforeAll(() => site.start());
afterAll(() => site.stop());

test('a hold is placed with the day on which it ends by itself', async () => {
  const { page, complaints, close } = await sitDown(site, '/chung-cu/luu-giu');
  await page.getByText('Không có gì đang được giữ').waitFor();
  await page.getByRole('button', { name: 'Lưu giữ bản ghi…', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Số vụ việc', { exact: true }).fill('VV-2026/0413');
  await dialog.getByLabel('Lý do', { exact: true }).fill('Theo lệnh giữ 30 ngày');
  await dialog.getByRole('checkbox', { name: 'Ngã tư Tràng Tiền – Hàng Bài', exact: true }).check();
  const submit = dialog.getByRole('button', { name: 'Lưu giữ bản ghi', exact: true });
  await dialog.getByText('Lưu giữ còn mãi đến khi một người đề nghị bỏ và người khác đồng ý.').waitFor();
  await dialog.getByRole('checkbox', { name: 'Lưu giữ tự hết hạn', exact: true }).check();
  const end = dialog.getByLabel('Lúc', { exact: true });
  await end.fill('01/01/2020 00:00:00');
  await end.press('Tab');
  await dialog.getByText(/^Lúc hết hạn phải sau lúc này/).waitFor();
  expect(await submit.isDisabled()).toBe(true);
  await end.fill('01/06/2099 00:00:00');
  await end.press('Tab');
  await dialog.getByText(/^Đến lúc đó lưu giữ tự hết/).waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'hold-end-dialog');
  await submit.click();
  const row = page.locator('[data-hold]');
  await row.getByText(/^Tự hết hạn lúc .*2099/).waitFor();
  await row.getByRole('button', { name: 'Đề nghị bỏ lưu giữ', exact: true }).waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'hold-end');
  expect(complaints).toEqual([]);
  await close();
});

test('a hold that ended by itself is told as over', async () => {
  const { page, complaints, close } = await sitDown(site, '/chung-cu/luu-giu');
  const soon = new Date(Date.now() + 1500).toISOString();
  const placed = site.tool('hold', 'place', '--config', 'watchpost.toml', '--case', 'VV-2026/0414', '--reason', 'x', '--camera', 'yard', '--from', '2026-01-01T00:00:00Z', '--until', soon, '--operator', 'lan');
  expect(placed.status, placed.said).toBe(0);
  const row = page.locator('[data-hold]').filter({ hasText: 'VV-2026/0414' });
  await row.waitFor();
  // The service ends what is due at its start, and every half minute.
  await row.waitFor({ state: 'detached', timeout: 60_000 });
  await page.getByRole('checkbox', { name: 'Cả những lưu giữ đã bỏ hoặc đã hết hạn', exact: true }).check();
  await row.getByText(/^Tự hết hạn lúc/).waitFor();
  expect(await row.getByRole('button').count(), 'nothing is left to be lifted').toBe(0);
  await shoot(page, 'hold-ended');
  expect(complaints).toEqual([]);
  await close();
});

test('an alert is held from the duty desk for as long as is said', async () => {
  const id = await site.tell('high', { kind: 'wrong_way', ago: 3000 });
  const { page, complaints, close } = await sitDown(site, `/truc-ban/${id}`);
  await page.getByRole('complementary').getByRole('button', { name: /^Giữ lại/ }).waitFor();
  await page.keyboard.press('h');
  const dialog = page.getByRole('dialog', { name: 'Giữ lại' });
  await dialog.getByRole('combobox', { name: 'Giữ bản ghi hình' }).selectOption({ label: '30 ngày, rồi tự hết' });
  await dialog.getByLabel('Lý do').fill('Tai nạn có thương vong');
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'hold-alert');
  await dialog.getByRole('button', { name: 'Giữ lại', exact: true }).click();
  await page.getByRole('complementary').getByText(/bản ghi giữ đến/).waitFor();
  const held = page.getByRole('complementary').getByRole('button', { name: /^Đang giữ lại/, disabled: true });
  await held.waitFor();
  expect(await held.getAttribute('title')).toMatch(/^bản ghi giữ đến /);
  await page.goto(`${site.pages}/chung-cu/luu-giu`);
  const row = page.locator('[data-hold]').filter({ hasText: 'Giữ theo cảnh báo' });
  await row.getByText(/^Tự hết hạn lúc/).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('an alert is held no more once the end of its hold has come', async () => {
  const id = await site.tell('high', { kind: 'illegal_stop', camera: 'street', ago: 3000 });
  const { page, complaints, close } = await sitDown(site, `/truc-ban/${id}`);
  const detail = page.getByRole('complementary');
  await detail.getByRole('button', { name: /^Giữ lại/ }).waitFor();
  const { handling: { version } } = (await site.ask(`/api/v1/alerts/${id}`)) as { handling: { version: number } };
  await site.post(`/api/v1/alerts/${id}/hold`, { version, reason: 'Xem lại', until: new Date(Date.now() + 4000).toISOString() });
  await detail.getByRole('button', { name: /^Đang giữ lại/, disabled: true }).waitFor();
  await detail.getByText(/Hệ thống Hết hạn giữ/).waitFor();
  await detail.getByRole('button', { name: /^Giữ lại/, disabled: false }).waitFor();
  const { handling } = (await site.ask(`/api/v1/alerts/${id}`)) as { handling: { held: unknown } };
  expect(handling.held).toBe(null);
  expect(complaints).toEqual([]);
  await close();
});
