// A call to 114 comes: its row stands on the desk, and the officer sees what was said, the cameras
// nearby live and back, what is marked, and what else happened there.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, eventually } from './site';

const TOKEN = 'a-token-of-the-call-takers-0123456789';
const DUTY = { name: 'truc-ban-09', display: 'Trực ban 09', password: 'mật khẩu của trực ban 09', roles: ['duty'] };
const site = new Site({
  people: [DUTY],
  config: `
[calls]
radius_m = 800
[[source]]
id = "tong-dai-114"
token_file = "calls.token"
calls = ["113", "114", "115"]
[[procedure]]
kinds = ["call_114"]
steps = ["Xem hình gần nơi xảy ra", "Báo đội chữa cháy đường vào"]
`,
});
writeFileSync(join(site.folder, 'calls.token'), TOKEN, { mode: 0o600 });

interface Told {
  incident: string;
  case: string;
  state: string;
}

async function tell(call: object): Promise<Told> {
  const response = await fetch(`${site.address}/api/v1/calls`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(call),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Told;
}

const fire = {
  id: '114/1', service: '114', kind: 'cháy nhà', time: '', severity: 1,
  text: 'Khói bốc lên tầng 3, có người mắc kẹt.\nGọi lại số 0912 345 678', address: '12 Tràng Tiền', ward: 'Phường Hoàn Kiếm',
  location: { lat: 21.0262, lon: 105.8535 },
};

beforeAll(async () => {
  await site.start();
  fire.time = new Date().toISOString();
});
afterAll(() => site.stop());

test('a call stands on the desk at once, and shows what the cameras nearby see', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  await page.getByText('Không có cảnh báo nào').waitFor();
  await site.tell('high', { ago: 3000 });
  const told = await tell(fire);
  const row = page.getByRole('option').filter({ hasText: 'Tin báo 114 · cứu hoả' });
  await row.getByText('cháy nhà · Phường Hoàn Kiếm', { exact: true }).waitFor();
  await shoot(page, 'calls-row');
  await row.click();
  await page.waitForURL(`**/truc-ban/${told.incident}*`);
  const detail = page.getByRole('complementary');
  await detail.getByRole('heading', { name: 'Tin báo 114 · cứu hoả', exact: true }).waitFor();
  const said = detail.getByRole('region', { name: 'Nội dung tin báo', exact: true });
  await said.getByText('•••• ••• •••').waitFor();
  expect(await said.innerText()).not.toContain('0912');
  await said.getByText('12 Tràng Tiền, Phường Hoàn Kiếm').waitFor();
  const cameras = detail.getByRole('region', { name: 'Máy quay gần nơi xảy ra', exact: true });
  const near = cameras.getByRole('button', { name: /Cầu Chương Dương – đầu Hoàn Kiếm.*cách \d+ m · hướng về nơi đó/ });
  await near.waitFor();
  await near.click();
  await cameras.locator('[data-live="true"]').waitFor();
  await detail.getByRole('region', { name: 'Đoạn ghi đã đánh dấu', exact: true }).getByText('đang ghi tiếp').first().waitFor();
  await shoot(page, 'calls-live');
  expect(await violations(page)).toEqual([]);

  await cameras.getByRole('button', { name: 'Phát lại', exact: true }).click();
  await cameras.locator('video').waitFor();
  await page.waitForFunction(() => ((document.querySelector('aside video') as HTMLVideoElement | null)?.readyState ?? 0) > 1);
  await shoot(page, 'calls-replay');

  const suggestions = detail.getByRole('region', { name: 'Cảnh báo khác gần đó, cùng lúc', exact: true });
  await suggestions.getByRole('link', { name: /Nghi xâm nhập/ }).waitFor();
  await suggestions.getByRole('button', { name: 'Đưa vào vụ việc', exact: true }).click();
  await suggestions.getByText('Đã đưa vào vụ việc', { exact: true }).waitFor();
  await suggestions.getByRole('link', { name: /Nghi xâm nhập/ }).waitFor({ state: 'detached' });
  await detail.getByRole('group', { name: 'Xử lý', exact: true }).getByRole('button', { name: /^Xác nhận/ }).click();
  await eventually('its sender learns that somebody has it', async () => ((await tell(fire)).state === 'acknowledged' ? true : undefined));
  await detail.getByRole('link', { name: 'Mở trong Chứng cứ', exact: true }).click();
  await page.getByRole('heading', { name: told.case, exact: true }).waitFor();
  await page.getByRole('link', { name: /Nghi xâm nhập/ }).waitFor();
  await shoot(page, 'calls-case');
  expect(complaints).toEqual([]);
  await close();
});

test('what its sender corrects is seen, and what was said before', async () => {
  const told = await tell(fire);
  const { page, close } = await sitDown(site, `/truc-ban/${told.incident}`);
  const said = page.getByRole('complementary').getByRole('region', { name: 'Nội dung tin báo', exact: true });
  await said.getByText('Khói bốc lên tầng 3').waitFor();
  await tell({ id: '114/1', text: 'Hai người đã ra ngoài', state: 'closed' });
  await said.getByText('Hai người đã ra ngoài').waitFor();
  await said.getByText('Tổng đài đã kết thúc tin báo này', { exact: true }).waitFor();
  await said.getByText(/Những lần báo trước/).click();
  await said.getByText('Khói bốc lên tầng 3').waitFor();
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByRole('complementary').getByRole('heading', { name: 'Call to 114 · fire', exact: true }).waitFor();
  await page.getByRole('region', { name: 'What was said', exact: true }).getByText('The call-taking system has closed this call').waitFor();
  await shoot(page, 'calls-en');
  expect(await violations(page)).toEqual([]);
  await close();
});

test('a call without a place says so, and who may not replay is told whom to ask', async () => {
  const lost = await tell({ id: '115/1', service: '115', kind: 'ngất xỉu', time: new Date().toISOString() });
  const { page, close } = await sitDown(site, `/truc-ban/${lost.incident}`, { as: DUTY, width: 1366, height: 768 });
  const detail = page.getByRole('complementary');
  await detail.getByRole('region', { name: 'Máy quay gần nơi xảy ra', exact: true }).getByText('Chưa xác định được nơi').waitFor();
  await shoot(page, 'calls-nowhere');
  expect(await violations(page)).toEqual([]);
  const placed = await tell(fire);
  await page.goto(`${site.pages}/truc-ban/${placed.incident}`);
  const cameras = detail.getByRole('region', { name: 'Máy quay gần nơi xảy ra', exact: true });
  await cameras.getByRole('button', { name: 'Phát lại', exact: true }).click();
  await cameras.getByText('Tài khoản này không được phát lại').waitFor();
  await close();
});

test('on the map it stands where it is, with the cameras nearby ringed', async () => {
  const { incident } = await tell(fire);
  const { page, complaints, close } = await sitDown(site, `/truc-ban/${incident}`, { map: true });
  await page.locator('[data-ready=true]').waitFor();
  await page.locator('.maplibregl-canvas').waitFor();
  await page.getByRole('complementary').locator('[data-live="true"]').waitFor();
  await shoot(page, 'calls-map');
  expect(complaints).toEqual([]);
  await close();
});
