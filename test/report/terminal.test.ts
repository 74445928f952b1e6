import assert from 'node:assert/strict';
import test from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { showEventsOn } from '../../src/report/terminal.js';

function show(isTTY: boolean, events: readonly PipelineEvent[]): string {
  const written: string[] = [];
  const { onEvent, end } = showEventsOn({ isTTY, write: text => written.push(text) });
  for (const event of events) onEvent(event);
  end();
  return written.join('');
}

const progress = [0, 20, 40].map(done => ({ type: 'features', done, total: 40 }) as const);

/** Takes away what is right of the cursor. */
const erase = '\x1b[K';

test('on a terminal progress is a bar with images per second and the time that is left', () => {
  const [first, last, ...end] = show(true, progress).split(erase);
  assert.equal(first, `\rfeatures ${'░'.repeat(24)} 0/40`);
  assert.match(last ?? '', /^\rfeatures █{24} 40\/40 {2}\d+ images\/s {2}0 s left$/);
  assert.deepEqual(end, ['\n']);
});

test('in a narrow terminal the bar is cut off: it would be drawn below itself the next time', () => {
  const written: string[] = [];
  showEventsOn({ isTTY: true, columns: 20, write: text => written.push(text) }).onEvent(progress[1]!);
  assert.deepEqual(written, [`\rfeatures ${'█'.repeat(10)}${erase}`]);
});

test('a warning takes the line of a bar, which is drawn again below it', () => {
  const shown = show(true, [progress[0]!, { type: 'warning', message: 'full disk' }, progress[1]!]);
  const [, cleared, again] = shown.split(erase);
  assert.equal(cleared, '\r');
  assert.match(again ?? '', /^Warning: full disk\n\rfeatures █{12}░{12} 20\/40 /);
});

test('a bar that more is done for than was expected is full', () => {
  assert.match(show(true, [{ type: 'head', done: 7, total: 6 }]), /^\rhead █{24} 7\/6 .* 0 s left/);
});

test('a download is counted in MB, and without a bar where nobody knows how many there are', () => {
  const download = { type: 'download', source: 'https://example.org/a.h5' } as const;
  assert.match(
    show(true, [{ ...download, done: 2e6, total: 4e6 }]),
    /^\rdownload █{12}░{12} 2\.0\/4\.0 {2}\d+ MB\/s {2}1 s left/,
  );
  assert.match(show(true, [{ ...download, done: 2e6 }]), /^\rdownload 2\.0 MB {2}\d+ MB\/s/);
});

test('when piped there are warnings and bad images only', () => {
  const events: PipelineEvent[] = [
    ...progress,
    { type: 'setup', step: 'checking' },
    { type: 'warning', message: 'one\nand', lines: ['two'] },
    { type: 'bad-image', image: { path: 'cat/\x1b[31m.jpg', reason: 'an empty file' } },
  ];
  assert.equal(
    show(false, events),
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

test('an epoch is one line of at most 80 columns, in the place of the one before', () => {
  const line = 'epoch 12/15  loss .057/.039  accuracy .983/.988  rate 1.2e-4  2700/s  60 s left';
  assert.ok(line.length < 80);
  const shown = show(true, [epoch(11), epoch(12)]);
  assert.match(shown, /^epoch 11\/15 .*\n/);
  assert.ok(shown.endsWith(`\n\x1b[1A\r\x1b[2K${line}\n`));
});

test('of a training that is cross-validated the fold is named, and the time is that of all folds', () => {
  const shown = show(true, [{ ...epoch(15), fold: { number: 2, total: 5 } }]);
  assert.match(shown, /^fold 2\/5 {2}epoch 15\/15 {2}loss .* 15 min left\n$/);
});

test('an epoch overwrites nothing but an epoch, and what is piped has no epochs', () => {
  const shown = show(true, [epoch(1), { type: 'warning', message: 'full disk' }, epoch(2)]);
  assert.match(shown, /^epoch 1.*\nWarning: full disk\nepoch 2/);
  assert.equal(show(false, [epoch(1)]), '');
});

test('a terminal that does not tell its size has room for all of an epoch', () => {
  const written: string[] = [];
  const terminal = { isTTY: true, columns: 0, write: (text: string) => written.push(text) };
  showEventsOn(terminal).onEvent(epoch(12));
  assert.match(written.join(''), /rate 1\.2e-4 {2}2700\/s {2}60 s left\n$/);
});

test('where a line would be too long, the rate is left out first', () => {
  const shown = show(true, [epoch(1, { loss: 1234.5, valLoss: 1234.5 })]);
  assert.equal(shown, 'epoch 1/15  loss 1234.500/1234.500  accuracy .983/.988  2700/s  5 min left\n');
  const alone = show(true, [epoch(15, { valLoss: undefined, valAccuracy: undefined })]);
  assert.equal(alone, 'epoch 15/15  loss .057  accuracy .983  rate 1.2e-4  2700/s  0 s left\n');
});
