// Who sits at the desk: nothing is shown before somebody has signed in, and after they have left; the end of a session
// is told before it comes, and is seen and heard when it has come.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { OFFICER, Site } from './site';

/** So short that its end is near from the beginning on. */
const site = new Site({ config: '[access]\nsession_hours = 0.4\n' });
/** With a session of their own: it ends without that of the site. */
const officer = { ...OFFICER, roles: [] };

beforeAll(() => site.start());
afterAll(() => site.stop());

test('the desk is taken over and left', async ({ skip }) => {
  skip(!site.cookie, 'this program has no accounts');
  const { page, complaints, close } = await sitDown(site, '/truc-ban', { isSignedIn: false });
  await page.getByRole('button', { name: 'Vào ca' }).waitFor();
  expect(await page.getByRole('option').count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'sign-in');
  await page.getByLabel('Tên tài khoản').fill(OFFICER.name);
  await page.getByLabel('Mật khẩu').fill('không phải mật khẩu này');
  await page.keyboard.press('Enter');
  await page.getByText('Tên hoặc mật khẩu không đúng').waitFor();
  await page.getByLabel('Mật khẩu').fill(OFFICER.password);
  await page.keyboard.press('Enter');
  await page.getByText(OFFICER.display).waitFor();
  await site.tell('high');
  await page.getByRole('option').filter({ hasText: 'Nghi xâm nhập' }).waitFor();
  await page.getByRole('button', { name: 'Thoát' }).click();
  await page.getByRole('button', { name: 'Vào ca' }).waitFor();
  expect(await page.getByRole('option').count()).toBe(0);
  expect(complaints).toEqual([]);
  await close();
});

test('half an hour before its end a session says so, and is renewed where one is', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban', { as: officer });
  const id = await site.tell('high', { kind: 'illegal_stop' });
  const row = page.getByRole('option').filter({ hasText: 'Nghi dừng đỗ trái phép' });
  await row.click();
  await page.waitForURL(`**/truc-ban/${id}*`);
  await page.keyboard.press('/');
  await page.getByRole('searchbox', { name: 'Máy quay, địa bàn, quy tắc' }).fill('chuong duong');
  const bar = page.getByRole('status').filter({ hasText: /Phiên đăng nhập kết thúc lúc \d\d:\d\d:\d\d/ });
  const ends = async () => /kết thúc lúc (\S+)/.exec(await bar.innerText())?.[1];
  await bar.waitFor();
  const before = await ends();
  await shoot(page, 'session-ends');
  await page.getByRole('button', { name: 'Đăng nhập lại' }).click();
  const dialog = page.getByRole('dialog', { name: 'Đăng nhập lại' });
  expect(await violations(page)).toEqual([]);
  await dialog.getByLabel('Mật khẩu').fill('không phải mật khẩu này');
  await page.keyboard.press('Enter');
  await dialog.getByText('Tên hoặc mật khẩu không đúng').waitFor();
  await dialog.getByLabel('Mật khẩu').fill(OFFICER.password);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  expect(await ends()).not.toBe(before);
  // Nothing of the place is lost, and alerts go on coming.
  expect(new URL(page.url()).pathname).toBe(`/truc-ban/${id}`);
  expect(await page.getByRole('searchbox', { name: 'Máy quay, địa bàn, quy tắc' }).inputValue()).toBe('chuong duong');
  await page.getByRole('complementary').getByRole('heading', { name: /Nghi dừng đỗ/ }).waitFor();
  await site.tell('middle', { kind: 'red_light' });
  await page.locator('[role=option]').filter({ hasText: 'Nghi vượt đèn đỏ' }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('a session that has ended is seen and heard at the desk and on the wall, and goes on at the same page', async () => {
  const { page, close } = await sitDown(site, '/truc-ban', { as: officer });
  await page.getByRole('button', { name: 'Bật âm', exact: true }).click();
  const sound = page.getByRole('dialog', { name: 'Âm báo' });
  await sound.getByLabel('Bàn này phát âm báo').check();
  await sound.getByRole('button', { name: 'Đóng', exact: true }).click();
  await page.getByRole('option').first().click();
  const at = page.url();
  const wall = await page.context().newPage();
  await wall.goto(`${site.pages}/tuong`);
  await wall.getByRole('status').filter({ hasText: 'Phiên đăng nhập kết thúc lúc' }).waitFor();
  // Ended as by an administrator.
  await page.request.delete(`${site.address}/api/v1/session`, { headers: { origin: site.address } });
  for (const one of [page, wall]) await one.getByRole('alert').filter({ hasText: /Phiên đăng nhập đã kết thúc lúc \d\d:\d\d:\d\d/ }).waitFor();
  await page.locator('[data-sounding=end]').waitFor();
  await wall.getByText('Màn hình này không còn hình').waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'session-ended');
  await page.getByRole('button', { name: 'Tắt tiếng' }).click();
  await page.locator('[data-sounding=end]').waitFor({ state: 'detached' });
  expect(await page.getByLabel('Tên tài khoản').inputValue()).toBe(OFFICER.name);
  await page.getByLabel('Mật khẩu').fill(OFFICER.password);
  await page.keyboard.press('Enter');
  await page.getByRole('option').first().waitFor();
  expect(page.url()).toBe(at);
  await close();
});
