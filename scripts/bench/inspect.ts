// What `finetune inspect` finds of faults that were planted, and what it takes for one beside them.
//
//   npx tsx scripts/bench/inspect.ts --data DIR [--data DIR:CLASSES ...] [--copies 20] [--wrong-labels 0.05] [--seed 1]
//       [--strangers FOLDER] [--stranger-count 20]
//
// Each folder's classes (or its first CLASSES) are copied into one data set. Of every kind of copy --copies are planted in
// the class of the original, the share --wrong-labels of the photos goes into the folder of another class, and so many JPEGs
// of the folder --strangers, which shows other things, come into classes.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Inspection } from '../../src/features/inspection.js';
import { seededRandom, shuffle } from '../../src/training/random.js';
import { type Planted, plantFaults } from './plant-faults.js';

// As built: its threads run JavaScript.
const built = join(import.meta.dirname, '../../dist/index.js');
const { inspect }: typeof import('../../src/index.js') = await import(built);

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [] },
    copies: { type: 'string', default: '20' },
    'wrong-labels': { type: 'string', default: '0.05' },
    strangers: { type: 'string' },
    'stranger-count': { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'finetune-inspect-'));
try {
  const sources = values.data.map(each => {
    const [dir = '', classes] = each.split(/:(?=\d+$)/);
    return [dir, classes === undefined ? Number.POSITIVE_INFINITY : Number(classes)] as const;
  });
  const planted = await plantFaults(sources, folder, {
    copiesPerKind: Number(values.copies),
    wrongLabels: Number(values['wrong-labels']),
    strangers: values.strangers === undefined ? [] : await listStrangers(values.strangers),
    seed: Number(values.seed),
  });
  const started = process.cpuUsage();
  const found = await inspect({ data: folder, backbone: values.backbone });
  const { user, system } = process.cpuUsage(started);
  console.log(renderResult(planted, found));
  console.log(`${((user + system) / 1e6).toFixed(1)} s of processor time for ${found.images} images`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function listStrangers(dir: string): Promise<string[]> {
  const files = (await readdir(dir)).filter(name => /\.jpe?g$/i.test(name)).sort();
  return shuffle([...files.keys()], seededRandom(Number(values.seed)))
    .slice(0, Number(values['stranger-count']))
    .map(i => join(dir, files[i] ?? ''));
}

function renderResult(planted: Planted, { copies, suspiciousLabels, unusual }: Inspection): string {
  const groupOf = new Map(copies.flatMap((group, i) => group.images.map(({ path }) => [path, i] as const)));
  const kinds = [...new Set(planted.copies.map(({ kind }) => kind))];
  const lines = kinds.map(kind => {
    const ofKind = planted.copies.filter(each => each.kind === kind);
    const hits = ofKind.filter(({ original, copy }) => {
      const group = groupOf.get(original);
      return group !== undefined && group === groupOf.get(copy);
    });
    return `copies, ${kind}: ${hits.length} of ${ofKind.length}`;
  });
  const known = new Set(planted.copies.flatMap(({ original, copy }) => [original, copy]));
  const others = copies.filter(({ images }) => !images.some(({ path }) => known.has(path)));
  const right = new Map(planted.wrongLabels.map(({ path, right }) => [path, right]));
  const hits = suspiciousLabels.filter(({ path }) => right.has(path));
  const outliers = new Set(unusual.flatMap(({ kind, path }) => (kind === 'outlier' ? path : [])));
  const strange = planted.strangers.filter(path => outliers.has(path)).length;
  return [
    `${planted.images} photos of ${planted.classNames.length} classes`,
    ...lines,
    `groups of copies without a planted one: ${others.length}`,
    ...others.map(({ kind, images }) => `  ${kind}: ${images.map(({ path }) => path).join(' ')}`),
    `wrong labels: ${hits.length} of ${right.size}, ${hits.filter(each => each.proposed === right.get(each.path)).length} with the right one`,
    `labels doubted that were not planted: ${suspiciousLabels.length - hits.length}`,
    `photos of other things: ${strange} of ${planted.strangers.length}; outliers that were not planted: ${outliers.size - strange}`,
    `unusual: ${['outlier', 'dark', 'blurred', 'flat', 'tiny'].map(kind => `${kind} ${unusual.filter(each => each.kind === kind).length}`).join(', ')}`,
  ].join('\n');
}
