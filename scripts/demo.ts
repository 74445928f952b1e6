// The demo: a real pretrained network learns real handwritten digits, then reads ten that it has never seen.
// It runs the commands a user would type, in the checkout.
import { spawnSync } from 'node:child_process';

const commands = [
  'train --data datasets/digits --backbone efficientnet-lite0 --out runs/digits --force',
  'predict datasets/digits-unseen --top 2 --model runs/digits',
];

for (const line of commands) {
  console.log(`\n$ finetune ${line}`);
  const { status } = spawnSync(process.execPath, ['dist/finetune.cjs', ...line.split(' ')], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 2);
}
