// The process that convnet.ts measures: `finetune train --backbone convnet`, and what each of its epochs took.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '../../dist/index.js';

const [data = 'mnist', epochs = '1', seed = '1', engine = 'tensorflow'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'convnet-'));
const measured: { passed: number; worked: number }[] = [];
let last = process.cpuUsage();
const { test } = await train(
  {
    ...{ data, backbone: 'convnet', out: join(folder, 'run'), val: 0.1 },
    ...{ epochs: Number(epochs), seed: Number(seed), engine: engine as 'wasm' },
  },
  {
    onEvent(event) {
      // Decoding ends where the first epoch begins.
      if (event.type === 'decode' && event.done === event.total) last = process.cpuUsage();
      if (event.type !== 'epoch') return;
      const { user, system } = process.cpuUsage(last);
      last = process.cpuUsage();
      measured.push({ passed: event.epoch.seconds, worked: (user + system) / 1e6 });
    },
  },
);
rmSync(folder, { recursive: true });
process.stdout.write(`\n${JSON.stringify({ epochs: measured, accuracy: test?.accuracy })}\n`);
