// Where a benchmark works: everything it makes lies in one folder, and only the results are worth keeping.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProcess } from './process.js';

export interface Workspace {
  /** Of the benchmark: peers, models, photos, runs. */
  readonly dir: string;
  /** The checkout, built. */
  readonly checkout: string;
  /** A Python with Keras, TensorFlow, PyTorch and Pillow. */
  readonly python: string;
  /** Holds train/ and val/ with a folder of photos per class. */
  readonly data: string;
  /** Holds `mobilenet_v2_0.35/model.keras` and `efficientnet_lite0/model.keras`. */
  readonly models: string;
  /** VGG16 without its top as a .keras file. */
  readonly vgg16: string;
}

export const scripts = import.meta.dirname;

export interface WorkspaceOptions {
  readonly dir: string;
  readonly python: string | undefined;
  readonly data: string;
  readonly models: string;
  readonly vgg16: string | undefined;
}

/** Builds the checkout, installs the peers and makes VGG16, as far as they are not there yet. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const dir = resolve(options.dir);
  await mkdir(join(dir, 'models'), { recursive: true });
  const checkout = resolve(scripts, '../..');
  await runProcess('npm', ['run', '--silent', 'build'], { cwd: checkout });
  const python = options.python ?? (await installPeers(join(dir, 'peers')));
  const vgg16 = options.vgg16 ?? (await makeVgg16(python, join(dir, 'models/vgg16.keras')));
  return { dir, checkout, python, vgg16, data: resolve(options.data), models: resolve(options.models) };
}

/** A virtual environment of the benchmark's own. */
async function installPeers(folder: string): Promise<string> {
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const marker = join(folder, 'installed');
  if (existsSync(marker)) return python;
  process.stderr.write(`Installing Keras, TensorFlow and PyTorch into ${folder}\n`);
  await runProcess('python3', ['-m', 'venv', folder]);
  const tensorflow = process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
  await runProcess(python, ['-m', 'pip', 'install', '--quiet', tensorflow, 'torch', 'pillow']);
  await mkdir(marker);
  return python;
}

async function makeVgg16(python: string, file: string): Promise<string> {
  if (!existsSync(file)) await runProcess(python, [join(scripts, 'keras_peer.py'), 'make-vgg16', file]);
  return file;
}
