// What the GPU check loads of node_modules: packages that the program depends on, without other systems' libraries, source
// maps, types, and bundles that nothing imports.
import { existsSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** What other jobs need: compiling an engine, reading HDF5. */
const otherJobs = new Set(['node-api-headers', 'h5wasm', '@tensorflow/tfjs-converter']);

/** Binaries that npm installs beside what they belong to. */
const binaries = ['@img/sharp-linux-x64', '@img/sharp-libvips-linux-x64'];

const unwanted = [
  /\.(map|md|markdown|flow|tsbuildinfo)$/,
  /\.d\.(c|m)?ts$/,
  /\/onnxruntime-node\/(bin\/napi-v6\/(?!linux($|\/x64|\/?$)).+|script\/)/,
  // Four builds of the same; Node takes `main`.
  /\/@tensorflow\/[^/]+\/dist\/[^/]*\.(fesm|es2017|min)(\.min)?\.js$/,
  /\/@tensorflow\/[^/]+\/(src|wasm-out\/.*\.worker|dist\/.*_test\.js)/,
  /\/(test|tests|docs|example|examples)\//,
];

/** Copies the packages into a folder for the program. */
export async function copyModules(checkout: string, program: string): Promise<void> {
  const folders = new Set<string>();
  const queue = [checkout];
  for (const binary of binaries) queue.push(join(checkout, 'node_modules', binary));
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (folders.has(folder)) continue;
    if (folder !== checkout) folders.add(folder);
    for (const name of await dependenciesOf(folder)) {
      const found = resolvePackage(folder, name);
      if (found !== undefined && !otherJobs.has(name)) queue.push(found);
    }
  }
  for (const folder of folders) {
    const target = join(program, relative(checkout, folder));
    await cp(folder, target, {
      recursive: true,
      filter: path => path === folder || isWanted(path, folder),
    });
  }
}

function isWanted(path: string, folder: string): boolean {
  if (path.startsWith(join(folder, 'node_modules'))) return false;
  return !unwanted.some(pattern => pattern.test(path));
}

async function dependenciesOf(folder: string): Promise<string[]> {
  const { dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return Object.keys(dependencies);
}

/** As Node looks for a package. */
function resolvePackage(from: string, name: string): string | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
  }
  return undefined;
}
