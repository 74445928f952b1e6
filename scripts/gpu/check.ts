// The GPU check on the other machine: what run.sh starts. Everything that it finds is written as soon as it is known.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { DeviceName } from '../../src/inference/devices.js';
import { findGpus } from '../../src/system/gpus.js';
import { countProcessors } from '../../src/system/processors.js';
import { versions } from '../../src/system/versions.js';
import { type Places, prepareCuda } from './cuda.js';
import {
  attempt,
  measureBase,
  measureDecoding,
  measureJob,
  measureParity,
  openSubject,
  type Subject,
  writeReference,
} from './measure.js';
import { networkNames, placeNetwork } from './networks.js';
import { measurePeer } from './peer.js';
import { type NetworkResults, type Results, renderResults } from './table.js';

/** With less, in images/s, nothing more is measured of a device: it would take the afternoon. */
const leastSpeed = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    networks: { type: 'string', default: networkNames.join() },
    devices: { type: 'string', default: 'cpu,webgpu,cuda' },
  },
});
const [here = '', work = ''] = positionals;
const places: Places = { here, work, program: resolve(import.meta.dirname, '../..') };
const photos = join(places.program, 'photos');
process.env.FINETUNE_CACHE = join(work, 'cache');
process.env.TMPDIR = join(work, 'temporary');
await mkdir(process.env.TMPDIR, { recursive: true });

const results: Results = { machine: await describeMachine(), reasons: {}, networks: {} };
const wanted = values.devices.split(',');
const devices: DeviceName[] = (['cpu', 'webgpu', 'cuda'] as const).filter(name => wanted.includes(name));
if (devices.includes('cuda')) {
  say('setting CUDA up');
  const obstacle = await prepareCuda(places);
  if (obstacle !== undefined) {
    devices.pop();
    results.reasons.cuda = obstacle;
    say(`cuda: ${obstacle}`);
  }
}
for (const name of values.networks.split(',')) await checkNetwork(name);
console.log(`\n${renderResults(results)}\n\nThe same in ${work}/results.json and ${work}/table.md.`);

async function describeMachine(): Promise<Results['machine']> {
  const gpus = await findGpus();
  return {
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${countProcessors()} processors`,
    system: `${process.platform} ${release()}`,
    gpu:
      gpus.map(({ name, driver }) => `${name}, driver ${driver}`).join('; ') ||
      'none that nvidia-smi tells of',
    versions: `Node ${process.version}, ONNX Runtime ${versions()['onnxruntime-node']}`,
  };
}

async function checkNetwork(name: string): Promise<void> {
  const subject = await openSubject(name, await placeNetwork(name, places.program, work), photos);
  say(`${name}: decoding`);
  const found: NetworkResults = {
    ...{ decodedPerSecond: await measureDecoding(subject, photos), parity: {}, base: [], jobs: {} },
  };
  results.networks[name] = found;
  for (const device of devices) await checkDevice(subject, device, found);
  say(`${name}: PyTorch`);
  await writeReference(subject, work);
  found.peer = await attempt(async () =>
    measurePeer(subject, { photos, program: places.program, reference: work }),
  );
  await save();
}

async function checkDevice(subject: Subject, device: DeviceName, found: NetworkResults): Promise<void> {
  say(`${subject.name} on ${device}`);
  for (const half of device === 'cpu' ? [false] : [false, true]) {
    found.parity[`${device} ${half ? 'fp16' : 'fp32'}`] = await measureParity(subject, { device, half });
  }
  await save();
  const single = found.parity[`${device} fp32`];
  const isSlow = single !== undefined && 'imagesPerSecond' in single && single.imagesPerSecond < leastSpeed;
  if (single === undefined || 'failure' in single) return;
  if (isSlow) {
    found.jobs[device] = { failure: `not measured: ${single.imagesPerSecond.toFixed(2)} images/s` };
    return;
  }
  found.base.push(...(await measureBase(subject, device, photos)));
  await save();
  found.jobs[device] = await attempt(() =>
    measureJob(subject, device, { photos, program: places.program, work }),
  );
  await save();
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

async function save(): Promise<void> {
  await writeFile(join(work, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(join(work, 'table.md'), `${renderResults(results)}\n`);
}
