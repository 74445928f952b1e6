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
    { type: 'warning', message: 'one\ntwo' },
    { type: 'bad-image', image: { path: 'cat/\x1b[31m.jpg', reason: 'an empty file' } },
  ];
  assert.equal(
    await show(false, events),
    'Warning: one\ntwo\nBad image left out: cat/?[31m.jpg (an empty file)\n',
  );
});
