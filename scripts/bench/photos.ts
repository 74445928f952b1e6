// Photos that the comparison needs beside the data set: large ones, and many.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { glob } from 'glob';
import sharp from 'sharp';
import type { Workspace } from './workspace.js';

const tile = { width: 500, height: 375 };
const tilesPerSide = 8;
const photosLeftOut = 3;
const largePhotos = { train: 96, val: 24 };

/** Two classes of 4000 x 3000 mosaics: as much detail per pixel as the small photos that they are made of. */
export function megapixelPhotos({ dir, data }: Workspace): Promise<string> {
  return makeOnce(join(dir, 'photos/12-megapixels'), async folder => {
    const photos = await listPhotos(join(data, 'train'));
    let next = 0;
    const takeTiles = () => {
      // Were none left out, every 75th mosaic would be the same: twice the same photo goes through the base once.
      next += photosLeftOut;
      return Array.from({ length: tilesPerSide ** 2 }, () =>
        join(data, 'train', photos[next++ % photos.length]!),
      );
    };
    for (const [subset, count] of Object.entries(largePhotos)) {
      for (const className of ['even', 'odd']) {
        const target = join(folder, subset, className);
        await mkdir(target, { recursive: true });
        for (let i = 0; i < count; i++) await writeMosaic(takeTiles(), join(target, `${i}.jpg`));
      }
    }
  });
}

async function writeMosaic(files: readonly string[], target: string): Promise<void> {
  const tiles = await Promise.all(
    files.map(async (file, i) => ({
      input: await sharp(file).resize(tile).toBuffer(),
      left: (i % tilesPerSide) * tile.width,
      top: Math.floor(i / tilesPerSide) * tile.height,
    })),
  );
  const [width, height] = [tile.width * tilesPerSide, tile.height * tilesPerSide];
  await sharp({ create: { width, height, channels: 3, background: 'black' } })
    .composite(tiles)
    .jpeg({ quality: 92 })
    .toFile(target);
}

/** The training photos again and again, each under other bytes: what follows the end of a JPEG is not read. */
export function copiesOf({ dir, data }: Workspace, count: number): Promise<string> {
  return makeOnce(join(dir, `photos/${count}-copies`), async folder => {
    const photos = await listPhotos(join(data, 'train'));
    for (let i = 0; i < count; i++) {
      const photo = photos[i % photos.length]!;
      const target = join(folder, dirname(photo), `${i}.jpg`);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(
        target,
        Buffer.concat([await readFile(join(data, 'train', photo)), Buffer.from(`copy ${i}`)]),
      );
    }
  });
}

async function listPhotos(folder: string): Promise<string[]> {
  return (await glob('*/*.{jpg,jpeg,JPG,JPEG}', { cwd: folder, posix: true })).sort();
}

async function makeOnce(folder: string, make: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    await make(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true });
    throw error;
  }
  return folder;
}
