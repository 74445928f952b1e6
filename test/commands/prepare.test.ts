// finetune prepare for the whole catalogue: what goes with it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { command } from '../../src/commands/prepare.js';

const program = { callbacks: {}, print: async () => true, say: () => undefined };

for (const option of ['from', 'weights', 'url', 'out']) {
  test(`prepare all --${option} is refused: one file is not every network`, async () => {
    await assert.rejects(command.run({ name: 'all', [option]: 'mine' }, program), {
      code: 'bad-option',
      message: `--${option} is for one network, not for all of them.`,
    });
  });
}
