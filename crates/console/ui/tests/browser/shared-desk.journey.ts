// What two desks share: silence at one is silence at both, and whom an alert was given to knows it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations, type Desk } from './desk';
import { OFFICER, Site } from './site';

const OTHER = { name: 'truc-ban-02', display: 'Trực ban 02', password: 'mật khẩu của trực ban 02', roles: ['duty'] };
const site = new Site({ people: [OTHER] });

beforeAll(() => site.start());
afterAll(() => site.stop());

/** Lets a desk be heard. */
async function turnOn({ page }: Desk) {
  await page.getByRole('button', { name: 'Bật âm', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Âm báo' });
  await dialog.getByLabel('Bàn này phát âm báo').check();
  await dialog.getByRole('button', { name: 'Đóng', exact: true }).click();
}

test('silenced at one desk, an alert is heard at none, and says who silenced it', async () => {
  const one = await sitDown(site, '/truc-ban');
  const other = await sitDown(site, '/truc-ban', { as: OTHER });
  await turnOn(one);
  await turnOn(other);
  const id = await site.tell('urgent', { kind: 'wrong_way' });
  for (const { page } of [one, other]) await page.locator('[data-sounding="1"]').waitFor();
  await one.page.keyboard.press('x');
  for (const { page } of [one, other]) await page.locator('[data-sounding="0"]').waitFor();
  const row = other.page.getByRole('option').filter({ hasText: 'tắt tiếng lúc' });
  await row.filter({ hasText: OFFICER.name }).waitFor();
  // It waits as before: nobody has answered for it.
  await row.filter({ hasText: 'Chưa xác nhận' }).waitFor();
  await other.page.goto(`${site.pages}/truc-ban/${id}?map=off`);
  const detail = other.page.getByRole('complementary');
  await detail.getByText(`${OFFICER.name} tắt tiếng lúc`).first().waitFor();
  await shoot(other.page, 'silenced');
  expect(await violations(other.page)).toEqual([]);
  await detail.getByRole('button', { name: 'Xác nhận', exact: false }).first().waitFor();
  expect([...one.complaints, ...other.complaints]).toEqual([]);
  await Promise.all([one.close(), other.close()]);
});

test('of two who acknowledge at once one does, and the other is told who', async () => {
  const one = await sitDown(site, '/truc-ban');
  const other = await sitDown(site, '/truc-ban', { as: OTHER });
  const id = await site.tell('high', { kind: 'red_light' });
  for (const { page } of [one, other]) {
    await page.getByRole('option').filter({ hasText: 'Nghi vượt đèn đỏ' }).click();
    await page.getByRole('complementary').getByRole('button', { name: 'Xác nhận', disabled: false }).waitFor();
  }
  // Pressed first, and on the way for so long that the other one is first.
  let arrive: () => void = () => {};
  const isOnItsWay = new Promise<void>((pressed) => void other.page.route(`**/api/v1/alerts/${id}/ack`, async (route) => {
    pressed();
    await new Promise<void>((arrived) => (arrive = arrived));
    await route.continue();
  }));
  const acknowledge = ({ page }: Desk) => page.getByRole('complementary').getByRole('button', { name: 'Xác nhận' }).click();
  await acknowledge(other);
  await isOnItsWay;
  await acknowledge(one);
  await one.page.getByRole('option').filter({ hasText: `Đã xác nhận · ${OFFICER.name}` }).waitFor();
  arrive();
  const told = other.page.getByRole('complementary').getByRole('status').filter({ hasText: new RegExp(`${OFFICER.name} đã làm trước: “Xác nhận” lúc \\d\\d:\\d\\d:\\d\\d`) });
  await told.waitFor();
  expect(await told.getAttribute('class'), 'that somebody was first is no problem').not.toContain('problem');
  for (const { page } of [one, other]) await page.getByRole('option').filter({ hasText: 'Nghi vượt đèn đỏ' }).filter({ hasText: `Đã xác nhận · ${OFFICER.name}` }).waitFor();
  await shoot(other.page, 'second');
  expect(await violations(other.page)).toEqual([]);
  expect([...one.complaints, ...other.complaints]).toEqual([]);
  await Promise.all([one.close(), other.close()]);
});

test('on every page what sounds is silenced, what comes is said, and the same said twice is said twice', async () => {
  const one = await sitDown(site, '/may-quay');
  const { page } = one;
  await page.locator('.app[data-link=fresh]').waitFor();
  const said = page.getByRole('status').filter({ hasText: 'Khẩn cấp: Nghi dừng đỗ trái phép' });
  await site.tell('urgent', { kind: 'illegal_stop', camera: 'street', ago: 300_000 });
  await said.waitFor({ state: 'attached' });
  const first = await said.locator('span').elementHandle();
  await site.tell('urgent', { kind: 'illegal_stop', camera: 'street' });
  await page.waitForFunction((node) => node?.isConnected === false, first);
  await said.waitFor({ state: 'attached' });

  // Heard on every page: X is another thing where footage is taken out.
  await page.evaluate(() => localStorage.setItem('watchpost.sound', 'on'));
  await page.goto(`${site.pages}/dieu-tra?map=off`);
  const sounding = page.locator('[data-sounding]:not([data-sounding="0"])');
  await sounding.getByRole('button', { name: 'Tắt tiếng Z' }).waitFor();
  await page.keyboard.press('x');
  await sounding.waitFor();
  await page.keyboard.press('z');
  await page.locator('[data-sounding="0"]').waitFor();
  await site.tell('urgent', { kind: 'crowd', camera: 'yard' });
  await page.getByRole('button', { name: 'Tắt tiếng Z' }).waitFor();
  await shoot(page, 'silence-anywhere');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Tắt tiếng Z' }).click();
  await page.locator('[data-sounding="0"]').waitFor();
  expect(one.complaints).toEqual([]);
  await one.close();
});

test('what is given to an officer is marked at their desk at once', async () => {
  const one = await sitDown(site, '/truc-ban');
  const other = await sitDown(site, '/truc-ban', { as: OTHER });
  const id = await site.tell('high', { kind: 'crowd' });
  await other.page.getByRole('option').filter({ hasText: 'Chưa xác nhận' }).first().waitFor();
  await one.page.goto(`${site.pages}/truc-ban/${id}?map=off`);
  await one.page.getByRole('complementary').getByRole('button', { name: 'Xác nhận' }).first().waitFor();
  await one.page.keyboard.press('g');
  const dialog = one.page.getByRole('dialog', { name: 'Giao' });
  await dialog.getByLabel('Cho tài khoản').fill(OTHER.name);
  await one.page.keyboard.press('Enter');
  await other.page.getByRole('option').filter({ hasText: 'giao cho bạn' }).waitFor();
  await other.page.getByRole('status').filter({ hasText: 'Được giao cho bạn' }).waitFor({ state: 'attached' });
  await other.page.getByRole('button', { name: /^Của tôi/ }).click();
  await other.page.getByRole('option').filter({ hasText: /giao cho bạn.*Đang xử lý/s }).waitFor();
  await shoot(other.page, 'given');
  expect(await violations(other.page)).toEqual([]);
  expect([...one.complaints, ...other.complaints]).toEqual([]);
  await Promise.all([one.close(), other.close()]);
});

test('who else is at the desk is said, and when they have left', async () => {
  const one = await sitDown(site, '/truc-ban');
  const beside = one.page.getByText(`Cùng trực: ${OTHER.display}`, { exact: true });
  const other = await sitDown(site, '/truc-ban', { as: OTHER });
  await beside.waitFor();
  await other.page.getByText('Cùng trực: Trực ban 01', { exact: true }).waitFor();
  await shoot(one.page, 'beside');
  // Another page is not the desk.
  await other.page.goto(`${site.pages}/may-quay`);
  await beside.waitFor({ state: 'detached' });
  expect(await violations(one.page)).toEqual([]);
  expect([...one.complaints, ...other.complaints]).toEqual([]);
  await Promise.all([one.close(), other.close()]);
});
