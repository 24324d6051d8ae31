// One's own password: set before anything else where another chose it, changed at the desk, and what is wrong said.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const LAN = { name: 'lan', display: 'Nguyễn Thị Lan', password: 'mật khẩu do người khác đặt', roles: ['duty'] };
const OWN = 'mật khẩu của riêng chị Lan';
const NEXT = 'mật khẩu kế tiếp của chị Lan';
const site = new Site();

beforeAll(async () => {
  await site.start();
  site.command(['user', 'add', LAN.name, '--display-name', LAN.display, '--role', 'duty', '--whole-site', '--temporary'], `${LAN.password}\n`);
});
afterAll(() => site.stop());

test('a password that another chose is changed before anything else, and at the desk at any time', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban', { isSignedIn: false });
  await page.getByLabel('Tên tài khoản').fill(LAN.name);
  await page.getByLabel('Mật khẩu', { exact: true }).fill(LAN.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Nguyễn Thị Lan, hãy đặt mật khẩu của riêng bạn' }).waitFor();
  expect(await page.getByRole('navigation').count()).toBe(0);
  await shoot(page, 'password-first');
  expect(await violations(page)).toEqual([]);
  const fill = async (present: string, chosen: string, again = chosen) => {
    await page.getByLabel('Mật khẩu hiện tại').fill(present);
    await page.getByLabel('Mật khẩu mới', { exact: true }).fill(chosen);
    await page.getByLabel('Nhập lại mật khẩu mới').fill(again);
    await page.keyboard.press('Enter');
  };
  await fill(LAN.password, OWN, NEXT);
  await page.getByText('Hai lần nhập mật khẩu mới không giống nhau').waitFor();
  await fill('không phải mật khẩu này', OWN);
  await page.getByText('Mật khẩu hiện tại không đúng').waitFor();
  await fill(LAN.password, OWN);
  await page.getByRole('navigation').waitFor();

  // Signed in elsewhere, too; changed at the desk, by keyboard.
  const other = await sitDown(site, '/truc-ban', { as: { ...LAN, password: OWN } });
  await other.page.getByText(LAN.display).waitFor();
  await page.getByRole('button', { name: 'Mật khẩu', exact: true }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Đổi mật khẩu của bạn' });
  await dialog.waitFor();
  await shoot(page, 'password-change');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Mật khẩu', exact: true }).click();
  await fill(OWN, NEXT);
  await dialog.getByText('Đã đổi mật khẩu. Các phiên khác đã kết thúc.').waitFor();
  await dialog.getByRole('button', { name: 'Đóng', exact: true }).click();
  await page.getByText(LAN.display).waitFor();
  await other.page.reload();
  await other.page.getByRole('button', { name: 'Vào ca' }).waitFor();
  expect(complaints).toEqual([]);
  await Promise.all([close(), other.close()]);
});

test('in English', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByRole('button', { name: 'Password', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Change your password' });
  await dialog.getByText('12 to 256 characters').waitFor();
  expect(await dialog.innerText()).not.toMatch(/Mật khẩu|ký tự/);
  expect(complaints).toEqual([]);
  await close();
});
