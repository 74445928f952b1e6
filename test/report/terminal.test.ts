import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import test from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { showEventsOn } from '../../src/report/terminal.js';

async function show(isTTY: boolean, events: readonly PipelineEvent[]): Promise<string> {
  let shown = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      shown += chunk;
      done();
    },
  });
  const show = await showEventsOn(
    Object.assign(stream, { isTTY, cursorTo() {}, clearLine() {}, moveCursor() {} }),
  );
  for (const event of events) show(event);
  return shown;
}

const progress = [0, 20, 40].map(done => ({ type: 'features', done, total: 40 }) as const);

test('on a terminal progress is a bar with images per second and the time that is left', async () => {
  assert.match(await show(true, progress), /features █{24} 40\/40 {2}\d+ images\/s {2}0 s left/);
});

test('a bar leaves the terminal usable after Ctrl-C: the cursor stays, and lines wrap', async () => {
  const shown = await show(true, progress);
  for (const code of ['\x1b[?25l', '\x1b[?7l']) assert.ok(!shown.includes(code));
});

test('when piped there are warnings and bad images only', async () => {
  const events: PipelineEvent[] = [
    ...progress,
    { type: 'setup', step: 'checking' },
    { type: 'warning', message: 'one\nand', lines: ['two'] },
    { type: 'bad-image', image: { path: 'cat/\x1b[31m.jpg', reason: 'an empty file' } },
  ];
  assert.equal(
    await show(false, events),
    'Warning: one?and\ntwo\nBad image left out: cat/?[31m.jpg (an empty file)\n',
  );
});

const epoch = (number: number, more: object = {}) =>
  ({
    type: 'epoch',
    epochs: 15,
    images: 54_000,
    epoch: {
      ...{ epoch: number, loss: 0.0567, accuracy: 0.98345, valLoss: 0.0391, valAccuracy: 0.9876 },
      ...{ learningRate: 0.00012, seconds: 20, ...more },
    },
  }) as const;

test('an epoch is one line of at most 80 columns, in the place of the one before', async () => {
  const line = 'epoch 12/15  loss .057/.039  accuracy .983/.988  rate 1.2e-4  2700/s  60 s left';
  assert.ok(line.length < 80);
  const shown = await show(true, [epoch(11), epoch(12)]);
  assert.match(shown, /^epoch 11\/15 .*\n/);
  assert.ok(shown.endsWith(`\n\x1b[1A\r\x1b[2K${line}\n`));
});

test('an epoch overwrites nothing but an epoch, and what is piped has no epochs', async () => {
  const shown = await show(true, [epoch(1), { type: 'warning', message: 'full disk' }, epoch(2)]);
  assert.match(shown, /^epoch 1.*\nWarning: full disk\nepoch 2/);
  assert.equal(await show(false, [epoch(1)]), '');
});

test('where a line would be too long, the rate is left out first', async () => {
  const shown = await show(true, [epoch(1, { loss: 1234.5, valLoss: 1234.5 })]);
  assert.equal(shown, 'epoch 1/15  loss 1234.500/1234.500  accuracy .983/.988  2700/s  5 min left\n');
  const alone = await show(true, [epoch(15, { valLoss: undefined, valAccuracy: undefined })]);
  assert.equal(alone, 'epoch 15/15  loss .057  accuracy .983  rate 1.2e-4  2700/s  0 s left\n');
});
