// Where the site's policy asks for a second person, nobody seals footage alone, nor sees under masks.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const SECOND = { name: 'giam-sat-02', display: 'Giám sát 02', password: 'mật khẩu của giám sát 02', roles: ['supervisor'] };
const CONFIG = '[export]\nsecond_person = "always"\n[privacy]\nunmasked_roles = ["investigator"]\n';
const site = new Site({ people: [SECOND], masked: ['yard'], config: CONFIG });

beforeAll(() => site.start());
afterAll(() => site.stop());

async function ordered(reason: string): Promise<string> {
  const headers = { cookie: `${site.cookie?.name}=${site.cookie?.value}`, origin: site.address, 'content-type': 'application/json' };
  const post = async (path: string, body: object) => {
    const answer = await fetch(site.address + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, await answer.clone().text()).toBe(true);
    return (await answer.json()) as { id: never };
  };
  const { id: purpose } = await post('/api/v1/purposes', { case: 'VV-7', reason });
  const [start, end] = [new Date(Date.now() - 600_000).toISOString(), new Date().toISOString()];
  return (await post('/api/v1/exports', { purpose, cameras: ['yard'], start, end })).id;
}

test('who ordered it does not agree to it; another does, or says why not', async () => {
  const [agreed, refused] = [await ordered('Trích cho toà án'), await ordered('Xem thử')];
  const first = await sitDown(site, '/chung-cu/goi');
  const mine = first.page.locator(`[data-export="${agreed}"]`);
  await mine.getByText('Cần người khác đồng ý: không ai tự đồng ý cho mình.').waitFor();
  expect(await mine.getByRole('button').count()).toBe(0);
  const other = await sitDown(site, '/chung-cu/goi', { as: SECOND });
  const theirs = other.page.locator(`[data-export="${agreed}"]`);
  await theirs.getByRole('button', { name: 'Đồng ý xuất', exact: true }).waitFor();
  await shoot(other.page, 'evidence-approval');
  expect(await violations(other.page)).toEqual([]);
  await theirs.getByRole('button', { name: 'Đồng ý xuất', exact: true }).click();
  const sure = other.page.getByRole('dialog', { name: 'Đồng ý xuất' });
  await sure.getByText('Trích cho toà án').waitFor();
  await sure.getByText(/không rút lại được/).waitFor();
  expect(await violations(other.page)).toEqual([]);
  await shoot(other.page, 'evidence-agree');
  await sure.getByRole('button', { name: 'Đồng ý xuất', exact: true }).click();
  await theirs.getByText(/giam-sat-02 đồng ý lúc/).waitFor();
  await other.page.locator(`[data-export="${refused}"]`).getByRole('button', { name: 'Từ chối', exact: true }).click();
  await other.page.getByRole('dialog').getByLabel('Lý do từ chối', { exact: true }).fill('Không có căn cứ');
  await other.page.getByRole('dialog').getByRole('button', { name: 'Từ chối', exact: true }).click();
  await first.page.locator(`[data-export="${refused}"]`).getByText('Không có căn cứ').waitFor();
  await first.page.locator(`[data-export="${refused}"] [data-state="refused"]`).waitFor();
  // The second person agrees, and fetches nothing.
  expect(await other.page.getByRole('link', { name: 'Tải gói', exact: true }).count()).toBe(0);
  expect([...first.complaints, ...other.complaints]).toEqual([]);
  await first.close();
  await other.close();
});

test('what masks hide is shown once another has agreed, and says so', async () => {
  const at = encodeURIComponent(new Date(Date.now() - 5000).toISOString());
  const first = await sitDown(site, `/dieu-tra/phat-lai?cameras=yard&at=${at}`);
  const tile = first.page.locator('.tile[data-camera="yard"]');
  const masks = first.page.getByRole('region', { name: 'Vùng che riêng tư' });
  await tile.getByText(/Che theo quy định/).waitFor();
  await masks.getByRole('button', { name: 'Xin xem không che…', exact: true }).click();
  const asking = first.page.getByRole('dialog', { name: 'Xin xem không che' });
  await asking.getByText('Vụ VV-7', { exact: true }).waitFor();
  await asking.getByRole('combobox', { name: 'Xem trong' }).selectOption({ label: '15 phút' });
  expect(await violations(first.page)).toEqual([]);
  await shoot(first.page, 'unmasking-ask');
  await asking.getByRole('button', { name: 'Gửi yêu cầu', exact: true }).click();
  await masks.getByText('Chờ người thứ hai đồng ý', { exact: true }).waitFor();
  expect(await masks.getByRole('button').count(), 'nothing is shown yet').toBe(0);

  const other = await sitDown(site, '/chung-cu/xem-khong-che', { as: SECOND });
  const row = other.page.locator('[data-unmasking]');
  await row.getByText(/truc-ban-01 xin lúc .*, xem trong 15 phút/).waitFor();
  expect(await violations(other.page)).toEqual([]);
  await shoot(other.page, 'unmasking-approval');
  await row.getByRole('button', { name: 'Đồng ý cho xem', exact: true }).click();
  const sure = other.page.getByRole('dialog', { name: 'Đồng ý cho xem' });
  await sure.getByText(/không rút lại được/).waitFor();
  await sure.getByRole('button', { name: 'Đồng ý cho xem', exact: true }).click();
  await row.and(other.page.locator('[data-state="agreed"]')).waitFor();

  await masks.getByText(/^Được xem đến /).waitFor();
  await tile.getByText(/Che theo quy định/).waitFor();
  const bare = first.page.waitForResponse((response) => response.url().includes('masks=off') && response.ok());
  await masks.getByRole('button', { name: 'Xem không che', exact: true }).click();
  await bare;
  await tile.getByText('ĐANG XEM KHÔNG CHE', { exact: true }).waitFor();
  await tile.and(first.page.locator('[data-showing="picture"]')).waitFor();
  expect(await violations(first.page)).toEqual([]);
  await shoot(first.page, 'unmasking-shown');
  await masks.getByRole('button', { name: 'Che lại', exact: true }).click();
  await tile.getByText(/Che theo quy định/).waitFor();

  // So does the player of one camera.
  const alert = await site.tell('high', { ago: 12_000 });
  await first.page.goto(`${site.pages}/truc-ban/${alert}?map=off`);
  const detail = first.page.getByRole('complementary');
  await detail.getByRole('button', { name: /^Phát lại/ }).click();
  await detail.getByText(/Che theo quy định/).waitFor();
  await detail.getByRole('button', { name: 'Xem không che', exact: true }).click();
  await detail.getByText('ĐANG XEM KHÔNG CHE', { exact: true }).waitFor();
  await shoot(first.page, 'unmasking-player');

  // The second person may not play what was recorded; the footage of the event itself they see, with its masks.
  await other.page.goto(`${site.pages}/truc-ban/${alert}?map=off`);
  const theirs = other.page.getByRole('complementary');
  await theirs.getByRole('button', { name: /^Phát lại/ }).click();
  await theirs.locator('[data-clip="shown"]').waitFor();
  expect(await theirs.getByText('ĐANG XEM KHÔNG CHE').count(), 'it was agreed to for another').toBe(0);
  await shoot(other.page, 'event-clip');
  expect([...first.complaints, ...other.complaints]).toEqual([]);
  await first.close();
  await other.close();
});
