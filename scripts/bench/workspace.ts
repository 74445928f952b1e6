// Where a benchmark works: everything it makes lies in one folder, and only the results are worth keeping.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProcess } from './process.js';

export interface Workspace {
  /** The benchmark's folder: peers, models, photos, runs. */
  readonly dir: string;
  /** The checkout, built. */
  readonly checkout: string;
  /** A Python with Keras, TensorFlow, PyTorch and Pillow. */
  readonly python: string;
  /** Holds train/ and val/ with a folder of photos per class. */
  readonly data: string;
  /** The path of a network as a .keras file: one of the user's, or made when first asked for. */
  kerasFile(name: KerasFile): Promise<string>;
}

/** VGG16 (random weights) and MobileNetV2 without their tops, EfficientNet-Lite0 with its own. */
export type KerasFile = 'vgg16' | 'mobilenet_v2_0.35' | 'efficientnet_lite0';

export const scripts = import.meta.dirname;

export interface WorkspaceOptions {
  readonly dir: string;
  readonly python: string | undefined;
  readonly data: string;
  /** Holds `NAME/model.keras` for the networks that need not be made. */
  readonly models: string | undefined;
}

/**
 * Builds the checkout and installs the peers, as far as they are not there yet.
 * @throws Error where there are no photos, saying how to get them
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const dir = resolve(options.dir);
  const data = resolve(options.data);
  if (!existsSync(data)) {
    throw new Error(`${data} is not there: npx tsx scripts/bench/get-flowers.ts --out ${options.data}`);
  }
  await mkdir(join(dir, 'models'), { recursive: true });
  const checkout = resolve(scripts, '../..');
  await runProcess('npm', ['run', '--silent', 'build'], { cwd: checkout });
  const python = options.python ?? (await installPeers(join(dir, 'peers')));
  const kerasFile: Workspace['kerasFile'] = async name => {
    const given = options.models === undefined ? undefined : resolve(options.models, name, 'model.keras');
    if (given !== undefined && existsSync(given)) return given;
    return await makeModel(python, name, join(dir, `models/${name}.keras`));
  };
  return { dir, checkout, python, kerasFile, data };
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

async function makeModel(python: string, name: KerasFile, file: string): Promise<string> {
  if (!existsSync(file)) await runProcess(python, [join(scripts, 'make_models.py'), name, file]);
  return file;
}
