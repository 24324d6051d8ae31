// Footage leaves sealed, by two persons where that is asked for, and anybody checks it in a browser.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, eventually } from './site';

const SECOND = { name: 'giam-sat-02', display: 'Giám sát 02', password: 'mật khẩu của giám sát 02', roles: ['supervisor', 'investigator'] };
const site = new Site({
  people: [SECOND], more: [{ id: 'clinic', name: 'Cổng trạm y tế', masks: true }],
  config: '[export]\nsecond_person = "masked"\n[privacy]\nunmasked_roles = ["investigator"]\n',
});

beforeAll(async () => {
  await site.start();
  // What is still being written does not leave: a new start closes it, as after a power cut.
  await site.kill();
  await site.run();
});
afterAll(() => site.stop());

const written = (ago: number) => {
  const [date = '', clock = ''] = new Date(Date.now() - ago + 7 * 3600_000).toISOString().split('T');
  return `${date.split('-').reverse().join('/')} ${clock.slice(0, 8)}`;
};

/** Fills in the dialog for one camera and what was recorded so far. */
async function order(page: Page, caseNumber: string, camera = 'Cầu Chương Dương – đầu Hoàn Kiếm') {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Từ', { exact: true }).fill(written(10 * 60_000));
  await dialog.getByLabel('Đến', { exact: true }).fill(written(0));
  await dialog.getByRole('checkbox', { name: camera, exact: true }).check();
  await dialog.getByLabel('Số vụ việc', { exact: true }).fill(caseNumber);
  await dialog.getByLabel('Lý do', { exact: true }).fill('Xe tải van trắng bỏ chạy');
  return dialog;
}

let packageFile = '';
let key = '';

test('from opening the page to a sealed clip, checked by the program and in the browser; one byte changed is found', async () => {
  const began = Date.now();
  const { page, complaints, close } = await sitDown(site, '/chung-cu/goi');
  await page.getByText('Chưa có gói nào').waitFor();
  await page.getByRole('button', { name: 'Tạo đoạn phim niêm phong…', exact: true }).click();
  const dialog = await order(page, 'VV-2026/0412');
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'evidence-seal');
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  await dialog.locator('[data-state="done"]').waitFor();
  console.log(`a sealed clip ${((Date.now() - began) / 1000).toFixed(1)} s after the page was opened`);
  key = (await dialog.locator('[data-fact="key"]').textContent()) ?? '';
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  await shoot(page, 'evidence-sealed');
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: 'Tải gói', exact: true }).click()]);
  packageFile = join(site.folder, 'case.zip');
  await download.saveAs(packageFile);
  await dialog.getByRole('button', { name: 'Đóng', exact: true }).click();
  const verified = site.tool('verify', packageFile, '--key', key);
  expect(verified.said).toContain('HOLDS');
  expect(verified.status).toBe(0);
  await shoot(page, 'evidence-packages');
  expect(await violations(page)).toEqual([]);

  // In the browser: with the key that the site gave by another way.
  await page.getByRole('link', { name: 'Kiểm tra gói', exact: true }).click();
  await page.getByLabel(/^Dấu vân khoá/).fill(key);
  const sent: string[] = [];
  page.on('request', (request) => { if (request.method() !== 'GET') sent.push(request.url()); });
  await page.locator('input[type=file]').setInputFiles(packageFile);
  await page.locator('[data-verdict="intact"]').waitFor();
  for (const part of ['container', 'files', 'signature', 'key', 'audit', 'footage']) {
    expect(await page.locator(`[data-check="${part}"]`).getAttribute('data-outcome'), part).toBe('ok');
  }
  await page.getByText('Đúng khoá đã cho').waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'evidence-checked');

  // One byte in the middle of the clip, and one in the container.
  const bytes = readFileSync(packageFile);
  for (const [name, at] of [['clip', Math.floor(bytes.length / 3)], ['end', bytes.length - 12], ['header', 12]] as const) {
    const bent = Buffer.from(bytes);
    bent[at] = (bent[at] ?? 0) ^ 1;
    const file = join(site.folder, `bent-${name}.zip`);
    writeFileSync(file, bent);
    await page.locator('input[type=file]').setInputFiles(file);
    await page.locator('[data-verdict="changed"]').waitFor();
    expect(await page.locator('[data-outcome="bad"]').count(), name).toBeGreaterThan(0);
    if (name === 'clip') {
      await page.getByText(/^clips\/001-yard-main-.* đã bị thay đổi$/).waitFor();
      await shoot(page, 'evidence-changed');
    }
    await page.locator('input[type=file]').setInputFiles(packageFile);
    await page.locator('[data-verdict="intact"]').waitFor();
  }
  // Another key than the one expected.
  await page.getByLabel(/^Dấu vân khoá/).fill('0'.repeat(64));
  await page.locator('input[type=file]').setInputFiles(packageFile);
  await page.getByText('Ký bằng khoá KHÁC với dấu vân đã cho').waitFor();
  expect(sent, 'nothing leaves the browser').toEqual([]);
  const trail = (await site.ask('/api/v1/audit?case=VV-2026%2F0412')) as { entries: { action: string }[] };
  const actions = trail.entries.map(({ action }) => action);
  for (const action of ['purpose_stated', 'export_ordered', 'exported', 'package_fetched']) expect(actions).toContain(action);
  expect(complaints).toEqual([]);
  await close();
});

test('a passphrase is shown until somebody says it is kept; its file says so, and is no package', async () => {
  // As on a page that came over plain HTTP.
  const without = () => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined });
  const { page, complaints, close } = await sitDown(site, '/chung-cu/goi', { without });
  await page.getByRole('button', { name: 'Tạo đoạn phim niêm phong…', exact: true }).click();
  const dialog = await order(page, 'VV-2026/0412');
  await dialog.getByRole('checkbox', { name: /^Đặt mật khẩu/ }).check();
  const passphrase = (await dialog.locator('[data-fact="passphrase"]').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Chép', exact: true }).click();
  await dialog.getByRole('button', { name: 'Đã chép', exact: true }).waitFor();
  const reason = dialog.getByLabel('Lý do', { exact: true });
  await reason.fill('');
  await reason.press('Control+v');
  expect(await reason.inputValue(), 'what was copied can be pasted').toBe(passphrase);
  await reason.fill('Xe tải van trắng bỏ chạy');
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  await dialog.locator('[data-state="done"]').waitFor();
  expect(await dialog.locator('[data-fact="passphrase"]').textContent(), 'it is still shown').toBe(passphrase);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  expect(await dialog.getByRole('button', { name: 'Đóng', exact: true }).isDisabled()).toBe(true);
  // A browser that copies nothing is told of.
  await page.evaluate(() => { document.execCommand = () => false; });
  await dialog.getByRole('button', { name: 'Chép', exact: true }).click();
  await dialog.getByText(/^Trình duyệt không cho chép/).waitFor();
  expect(await page.evaluate(() => getSelection()?.toString()), 'it is left marked').toBe(passphrase);
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'evidence-passphrase');
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: 'Tải gói', exact: true }).click()]);
  await dialog.getByRole('checkbox', { name: 'Tôi đã cất mật khẩu này ở nơi an toàn', exact: true }).check();
  const locked = join(site.folder, 'locked.zip');
  await download.saveAs(locked);
  await dialog.getByRole('button', { name: 'Đóng', exact: true }).click();
  await page.getByRole('link', { name: 'Kiểm tra gói', exact: true }).click();
  await page.locator('input[type=file]').setInputFiles(locked);
  await page.getByText(/^Gói này có mật khẩu/).waitFor();
  writeFileSync(join(site.folder, 'words.txt'), `${passphrase}\n`);
  const opened = join(site.folder, 'opened.zip');
  expect(site.tool('unlock', locked, '--passphrase-file', join(site.folder, 'words.txt'), '--out', opened).status).toBe(0);
  await page.locator('input[type=file]').setInputFiles(opened);
  await page.locator('[data-verdict="intact"]').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('what lies under masks leaves only when another agrees', async () => {
  const first = await sitDown(site, '/chung-cu/goi');
  await first.page.getByRole('button', { name: 'Tạo đoạn phim niêm phong…', exact: true }).click();
  const dialog = await order(first.page, 'VV-2026/0417', 'Cổng trạm y tế');
  const masks = dialog.getByRole('group', { name: 'Vùng che riêng tư' });
  expect(await masks.getByRole('radio', { name: /^Giữ che/ }).isChecked(), 'they stay unless it is said').toBe(true);
  await masks.getByRole('radio', { name: /^Bỏ che/ }).check();
  await masks.getByText(/người thứ hai phải đồng ý/).waitFor();
  expect(await violations(first.page)).toEqual([]);
  await shoot(first.page, 'evidence-unmask');
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  await dialog.locator('[data-state="asked"]').waitFor();
  await dialog.getByRole('link', { name: 'Xem trong danh sách gói xuất', exact: true }).click();
  const mine = first.page.locator('[data-export]').filter({ hasText: 'VV-2026/0417' });
  await mine.getByText('Cần người khác đồng ý: không ai tự đồng ý cho mình.').waitFor();
  expect(await mine.getByRole('button').count(), 'nobody agrees for themselves').toBe(0);
  const id = await mine.getAttribute('data-export');
  await expect(site.post(`/api/v1/exports/${id}/decision`, { agree: true }), 'the service refuses it as well').rejects.toThrow('409');
  const other = await sitDown(site, '/chung-cu/goi', { as: SECOND });
  await other.page.locator(`[data-export="${id}"]`).getByRole('button', { name: 'Đồng ý xuất', exact: true }).click();
  await other.page.getByRole('dialog', { name: 'Đồng ý xuất' }).getByRole('button', { name: 'Đồng ý xuất', exact: true }).click();
  await mine.locator('[data-state="done"]').waitFor();
  await mine.getByText(/^.*giam-sat-02 đồng ý lúc/).waitFor();
  const trail = (await site.ask('/api/v1/audit?case=VV-2026%2F0417')) as { entries: { action: string; actor: string }[] };
  expect(trail.entries.find(({ action }) => action === 'export_agreed')?.actor).toBe(SECOND.name);
  expect([...first.complaints, ...other.complaints]).toEqual([]);
  await first.close();
  await other.close();
});

test('a hold is placed by one, and lifted by two', async () => {
  const first = await sitDown(site, '/chung-cu/luu-giu');
  await first.page.getByText('Không có gì đang được giữ').waitFor();
  await first.page.getByRole('button', { name: 'Lưu giữ bản ghi…', exact: true }).click();
  const dialog = first.page.getByRole('dialog');
  await dialog.getByLabel('Số vụ việc', { exact: true }).fill('VV-2026/0412');
  await dialog.getByLabel('Lý do', { exact: true }).fill('Tai nạn');
  await dialog.getByRole('checkbox', { name: 'Ngã tư Tràng Tiền – Hàng Bài', exact: true }).check();
  expect(await violations(first.page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Lưu giữ bản ghi', exact: true }).click();
  const row = first.page.locator('[data-hold]');
  await row.getByRole('button', { name: 'Đề nghị bỏ lưu giữ', exact: true }).click();
  await first.page.getByRole('dialog').getByLabel('Lý do bỏ', { exact: true }).fill('Đã xử xong');
  await first.page.getByRole('dialog').getByRole('button', { name: 'Đề nghị bỏ lưu giữ', exact: true }).click();
  await row.getByText(/cần người khác đồng ý$/).waitFor();
  expect(await row.getByRole('button').count(), 'who asked does not agree').toBe(0);
  await shoot(first.page, 'evidence-holds');
  expect(await violations(first.page)).toEqual([]);
  const other = await sitDown(site, '/chung-cu/luu-giu', { as: SECOND });
  await other.page.locator('[data-hold]').getByRole('button', { name: 'Đồng ý bỏ lưu giữ', exact: true }).click();
  const sure = other.page.getByRole('dialog', { name: 'Đồng ý bỏ lưu giữ' });
  await sure.getByText(/không lấy lại được/).waitFor();
  expect(await violations(other.page)).toEqual([]);
  await sure.getByRole('button', { name: 'Thôi', exact: true }).click();
  expect(((await site.ask('/api/v1/holds')) as unknown[]).length, 'nothing is lifted by one press').toBe(1);
  await other.page.locator('[data-hold]').getByRole('button', { name: 'Đồng ý bỏ lưu giữ', exact: true }).click();
  await sure.getByRole('button', { name: 'Đồng ý bỏ lưu giữ', exact: true }).click();
  await other.page.getByText('Không có gì đang được giữ').waitFor();
  await first.page.getByText('Không có gì đang được giữ').waitFor();
  await first.page.getByRole('checkbox', { name: 'Cả những lưu giữ đã bỏ hoặc đã hết hạn', exact: true }).check();
  await row.getByText(/^giam-sat-02 đồng ý bỏ lúc/).waitFor();
  expect([...first.complaints, ...other.complaints]).toEqual([]);
  await first.close();
  await other.close();
});

test('footage is held with the clip, once, however often the order is sent', async () => {
  const { page, complaints, close } = await sitDown(site, '/chung-cu/goi');
  await page.getByRole('button', { name: 'Tạo đoạn phim niêm phong…', exact: true }).click();
  const dialog = await order(page, 'VV-2026/0418');
  await dialog.getByRole('checkbox', { name: 'Giữ bản ghi gốc, không cho xoá', exact: true }).check();
  await dialog.getByRole('checkbox', { name: 'Lưu giữ tự hết hạn', exact: true }).check();
  const end = dialog.getByLabel('Lúc', { exact: true });
  await end.fill('01/06/2099 00:00:00');
  await end.press('Tab');
  // The network goes between the hold and the order.
  let isCut = true;
  await page.route('**/api/v1/exports', (route) => (isCut && route.request().method() === 'POST' ? route.abort() : route.continue()));
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  await dialog.getByRole('alert').getByText('Không liên lạc được với máy chủ').waitFor();
  isCut = false;
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  await dialog.locator('[data-state="done"]').waitFor();
  const holds = (await site.ask('/api/v1/holds')) as { case: string; until: string }[];
  expect(holds.filter((hold) => hold.case === 'VV-2026/0418').map(({ until }) => Date.parse(until))).toEqual([Date.parse('2099-05-31T17:00:00Z')]);
  expect(complaints).toEqual([]);
  await close();
});

test('a case gathers alerts, footage and notes, and its packages', async () => {
  const alert = await site.tell('high', { ago: 3000 });
  const { page, complaints, close } = await sitDown(site, '/chung-cu/vu-viec');
  await page.getByText('Chưa có vụ việc nào').waitFor();
  await page.getByRole('button', { name: 'Mở vụ việc…', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Số vụ việc', { exact: true }).fill('VV-2026/0412');
  await dialog.getByLabel('Nội dung', { exact: true }).fill('Xe tải van gây tai nạn');
  await dialog.getByRole('button', { name: 'Mở vụ việc', exact: true }).click();
  await page.getByRole('heading', { name: 'VV-2026/0412', exact: true }).waitFor();
  await page.getByText('Chưa có gì trong vụ việc này').waitFor();
  const headers = { cookie: `${site.cookie?.name}=${site.cookie?.value}`, origin: site.address, 'content-type': 'application/json' };
  const opened = new URL(page.url()).searchParams.get('case');
  const mark = async (body: object) => {
    const answer = await fetch(`${site.address}/api/v1/cases/${opened}/marks`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status === 404) return undefined;
    expect(answer.status, await answer.clone().text()).toBe(201);
    return answer.json() as Promise<unknown>;
  };
  // The event becomes an alert a moment later.
  await eventually('the alert is in the case', () => mark({ alert }));
  await mark({ camera: 'yard', start: new Date(Date.now() - 60_000).toISOString(), end: new Date().toISOString(), note: 'xe quay đầu' });
  await page.getByRole('button', { name: 'Thêm ghi chú', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Ghi chú', { exact: true }).fill('Đã báo cơ quan điều tra');
  await page.getByRole('dialog').getByRole('button', { name: 'Lưu', exact: true }).click();
  await page.getByText('Đã báo cơ quan điều tra').waitFor();
  await page.getByRole('link', { name: /^Nghi xâm nhập/ }).waitFor();
  await page.locator('[data-export]').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'evidence-case');
  // The clip of the case begins where the mark does.
  await page.locator('ol').getByRole('button', { name: 'Tạo đoạn phim niêm phong…', exact: true }).click();
  expect(await page.getByRole('dialog').getByLabel('Số vụ việc', { exact: true }).inputValue()).toBe('VV-2026/0412');
  expect(complaints).toEqual([]);
  await close();
});
