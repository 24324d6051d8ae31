// Footage that is not shown as the camera sent it: masked, and looked through by small pictures.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const site = new Site({ masked: ['yard'] });

beforeAll(async () => {
  await site.start();
  await site.tell('urgent', { kind: 'wrong_way', camera: 'yard', ago: 3000 });
});
afterAll(() => site.stop());

test('masked footage is played as a copy that says so, and grey is what lies under the mask', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?cameras=yard');
  await page.getByRole('button', { name: /87%.*Nghi đi ngược chiều/ }).click();
  const player = page.locator('.player');
  await player.getByText('Bản xem, không phải bản gốc · Che theo quy định').waitFor();
  // A copy begins where it is wanted, so time alone says nothing of pictures.
  const from = await page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
  await page.waitForFunction((time) => {
    const video = document.querySelector('video');
    return video !== null && video.readyState >= 2 && video.videoWidth > 0 && video.currentTime > time + 0.5;
  }, from);
  // The middle of the mask and the middle of the rest, as the browser shows them.
  const spread = await page.evaluate(() => {
    const video = document.querySelector('video');
    if (!video) return undefined;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const pen = canvas.getContext('2d');
    pen?.drawImage(video, 0, 0);
    const part = (left: number) => {
      const [x, y, width, height] = [left * canvas.width, 0.3 * canvas.height, 0.2 * canvas.width, 0.3 * canvas.height].map(Math.round);
      const { data } = pen!.getImageData(x!, y!, width!, height!);
      const green = data.filter((_, index) => index % 4 === 1);
      return Math.max(...green) - Math.min(...green);
    };
    return [part(0.15), part(0.6)];
  });
  expect(spread?.[0]).toBeLessThan(25);
  expect(spread?.[1]).toBeGreaterThan(50);
  // Back by five seconds: another piece is asked for and played.
  const before = await page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((time) => (document.querySelector('video')?.currentTime ?? time) < time, before);
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'views-masked');
  expect(complaints).toEqual([]);
  await close();
});

test('pointing at a time line shows the picture of then', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?cameras=yard');
  await page.getByRole('button', { name: /87%.*Nghi đi ngược chiều/ }).click();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  const track = page.locator('.player .track');
  const { x = 0, y = 0, width = 0, height = 0 } = (await track.boundingBox()) ?? {};
  await page.mouse.move(x + width * 0.4, y + height / 2);
  await page.getByLabel(/^Hình lúc /).waitFor();
  await shoot(page, 'views-scrub');
  expect(complaints).toEqual([]);
  await close();
});
