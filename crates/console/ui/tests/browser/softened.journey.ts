// Where persons are softened by policy the officer sees blocks, and reads that somebody may be missed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const site = new Site({ isAnalysed: true, isSoftened: true });
const SAYS = 'Làm mờ người theo máy nhận dạng: có thể sót';

beforeAll(() => site.start());
afterAll(() => site.stop());

test('a live view of softened persons says what it is, and another says nothing of it', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-tiep/yard');
  const tile = page.locator('.tile');
  await tile.and(page.locator('[data-showing="live"]')).waitFor();
  await tile.getByText(SAYS, { exact: true }).waitFor();
  // What was not analysed yet is blocks in whole; wait for pictures of which only persons are.
  await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video !== null && video.videoWidth > 0 && video.currentTime > 0;
  });
  const grain = () => page.evaluate(() => {
    const video = document.querySelector('video');
    if (!video) return 0;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const pen = canvas.getContext('2d');
    pen?.drawImage(video, 0, 0);
    const { data } = pen!.getImageData(0, 0, canvas.width, canvas.height);
    let [flat, blocks] = [0, 0];
    for (let top = 0; top + 16 <= canvas.height; top += 16) {
      for (let left = 0; left + 16 <= canvas.width; left += 16) {
        let [least, most] = [255, 0];
        for (let y = top; y < top + 16; y += 1) {
          for (let x = left; x < left + 16; x += 1) {
            const green = data[(y * canvas.width + x) * 4 + 1] ?? 0;
            [least, most] = [Math.min(least, green), Math.max(most, green)];
          }
        }
        blocks += 1;
        if (most - least <= 10) flat += 1;
      }
    }
    return flat / blocks;
  });
  await expect.poll(grain, { timeout: 60_000, interval: 500 }).toBeLessThan(0.8);
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'live-softened');
  await page.goto(`${site.pages}/truc-tiep/street`);
  await page.locator('.tile').and(page.locator('[data-live="true"]')).waitFor();
  expect(await page.getByText(SAYS, { exact: true }).count()).toBe(0);
  expect(complaints).toEqual([]);
  await close();
});

test('the still of an alert says it too', async () => {
  const id = await site.tell('urgent', { kind: 'intrusion', camera: 'yard', ago: 3000 });
  const { page, complaints, close } = await sitDown(site, `/truc-ban/${id}`);
  await page.locator('figure').getByText(SAYS, { exact: true }).waitFor();
  await page.locator('figure img').waitFor();
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'alert-softened');
  expect(complaints).toEqual([]);
  await close();
});
